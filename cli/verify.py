"""``lowformer-verify``: every file of a bundle against the eager model, and against each other."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..progress import Progress
from .command import EXIT_FAILED, EXIT_OK, CommandParser, print_json, run_command
from .options import (
    EVALUATION_IMAGES,
    add_evaluation_options,
    add_requirement_option,
    check_counts,
    requirements_of,
)
from .terminal import shown_progress

if TYPE_CHECKING:
    from ..artifact.manifest import Manifest
    from ..calibration.data.images import DecodedImages
    from ..judging.images import Images
    from ..judging.links import Link
    from ..workflows.target_check import Placed, TargetCheck
    from .tables.mac import MacResult

TARGET_IMAGES = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return run_command(lambda: _verify(_parser().parse_args(arguments)))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="lowformer-verify",
        description="Checks a bundle's files by their hashes, runs each, and compares its logits"
        " with the eager model's and with the other files'. Without images, the bundle's golden"
        " vectors are run; torch is not needed for that.",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    data = parser.add_argument_group("data")
    add_evaluation_options(data, EVALUATION_IMAGES)
    data.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="the bundle's checkpoint, to run the eager model on these images too",
    )
    data.add_argument("--seed", type=int, default=0, help="of the choice of images")
    parser.add_argument(
        "--mac-report",
        type=Path,
        metavar="FILE",
        help="what the bundle's check_on_mac.py wrote on a Mac, to be judged too",
    )
    where = parser.add_argument_group("targets")
    where.add_argument(
        "--on",
        default="host",
        metavar="TARGET,...",
        help="host; gpu, gpu:fp16 and arm:CPU, with CPU one of cortex-a53, cortex-a76, i8mm, sme,"
        " which lowformer-lab builds; npu:CHIP, the NPU of a Snapdragon, simulated;"
        " ssh:[USER@]HOST[:PORT], with ?python=PATH for another interpreter there than python3;"
        " adb[:SERIAL], with ?apk=FILE for the app and ?accelerator=gpu or gpu-fp16"
        " (default: %(default)s)",
    )
    where.add_argument(
        "--target-images",
        type=int,
        default=TARGET_IMAGES,
        metavar="N",
        help="how many of the images are run on targets other than the host (default: %(default)s)",
    )
    add_requirement_option(
        where,
        "on every target that tells where ops run, besides what the bundle states, such as"
        " 'partitions<=1' or 'cpu_ops==0'; repeatable",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--threads", type=int, default=1, help="of each runtime (default: 1)")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--quiet", action="store_true", help="no progress, no table")
    return parser


def _verify(options: argparse.Namespace) -> int:
    check_counts(options, "evaluation_images", "threads", "target_images")
    if options.weights and not options.evaluation_data:
        raise UsageError("--weights belongs to --evaluation-data; give both, or neither")
    from ..artifact.manifest import read_manifest
    from ..judging.promise import too_far
    from ..judging.requirement import parse_requirement
    from ..targets.npu.target import check_chips
    from ..targets.registry import open_targets
    from ..workflows.target_check import Checked, check_on_targets
    from .culprits import explained

    targets = open_targets(options.on)
    requirements = requirements_of(options)
    manifest = read_manifest(options.bundle)
    requirements += [parse_requirement(text) for text in manifest.requirements]
    check_chips(targets, [item.compiled for item in manifest.artifacts if item.compiled])
    runnable = [item for item in manifest.artifacts if item.not_run is None]
    trained = manifest.source.fit_for_accuracy
    mac = _mac_results(options, manifest)
    with shown_progress(quiet=options.quiet) as progress:
        weights = _weights(options, manifest)
        images, rewritten = _reference(options, manifest, weights, progress)
        check = check_on_targets(
            [Checked(options.bundle / item.file.path, item.precision) for item in runnable],
            targets,
            images,
            list(dict.fromkeys(requirements)),
            elsewhere=options.target_images,
            fit_for_accuracy=trained,
            threads=options.threads,
            progress=progress,
        )
        links = rewritten + explained(
            check,
            targets,
            options.bundle,
            manifest,
            weights if importlib.util.find_spec("torch") else None,
            images,
            progress,
        )
    failures = [link.complaint for link in links if link.complaint]
    failures += check.failures
    precisions = {item.file.path: item.precision for item in manifest.artifacts}
    for name, unit, result, parity in mac:
        reason = result.failure
        if parity:
            reason = too_far(precisions[name], parity, fit_for_accuracy=trained)
        failures += [f"{name} on the Mac's {unit}: {reason}"] if reason else []
    check = dataclasses.replace(check, links=tuple(links), failures=tuple(failures))
    _show(options, manifest, images, check, mac)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return EXIT_FAILED if failures else EXIT_OK


def _mac_results(options: argparse.Namespace, manifest: Manifest) -> list[MacResult]:
    """The results of a Mac's report, compared with the bundle's golden vectors."""
    if not options.mac_report:
        return []
    from ..artifact.golden import GoldenVectors
    from ..artifact.mac_report import read_mac_report
    from ..judging.parity import compare

    report = read_mac_report(options.mac_report, manifest)
    golden = GoldenVectors.load(options.bundle / manifest.golden.path)
    results: list[MacResult] = []
    for name, package in report.packages.items():
        for unit, result in package.units.items():
            parity = None
            if result.failure is None:
                parity = compare(golden.logits, result.logits_array(), None, "golden vectors")
            results.append((name, unit, result, parity))
    return results


def _reference(
    options: argparse.Namespace, manifest: Manifest, weights: Path | None, progress: Progress
) -> tuple[Images, list[Link]]:
    """Images with the eager model's logits if they can be had, and the links to its rewrites."""
    from ..artifact.golden import GoldenVectors
    from ..judging.images import Images

    preprocessing = manifest.preprocessing_spec()
    if options.evaluation_data or (weights and importlib.util.find_spec("torch")):
        decoded = _images(options, manifest, progress)
        images = Images(decoded.name, decoded.pixels, None, decoded.labels, preprocessing)
        return _eager(weights, manifest, images, options, progress) if weights else (images, [])
    golden = GoldenVectors.load(options.bundle / manifest.golden.path)
    return Images("golden vectors", golden.pixels, golden.logits, None, preprocessing), []


def _weights(options: argparse.Namespace, manifest: Manifest) -> Path | None:
    """The bundle's checkpoint, where it was given or is the bundled one."""
    from .. import demo
    from ..artifact.files import digest_of

    is_demo = manifest.source.sha256 == digest_of(demo.CHECKPOINT)
    return demo.CHECKPOINT if is_demo and not options.weights else options.weights


def _images(options: argparse.Namespace, manifest: Manifest, progress: Progress) -> DecodedImages:
    """The evaluation images, or the bundled ones."""
    from .. import demo
    from ..artifact.labels import read_labels
    from ..calibration.data.images import decode, open_images
    from ..calibration.data.label_table import read_label_table

    if options.evaluation_data:
        images = open_images(options.evaluation_data)
    else:
        images = dataclasses.replace(open_images(demo.EVALUATION), name=demo.EVALUATION_NAME)
    labels = read_labels(options.bundle / manifest.labels.path) if manifest.labels else None
    classes = int(manifest.model["num_classes"])
    if options.evaluation_labels:
        table = read_label_table(options.evaluation_labels)
        images = images.with_label_table(table, labels, classes)
    else:
        images = images.with_labels_of(labels, classes)
    images = images.sample(options.evaluation_images, options.seed)
    with progress.step("reading images", len(images)) as advance:
        return decode(images, manifest.preprocessing_spec(), on_image=lambda: advance(1))


def _eager(
    weights: Path,
    manifest: Manifest,
    images: Images,
    options: argparse.Namespace,
    progress: Progress,
) -> tuple[Images, list[Link]]:
    """The images with the eager model's logits, and the links to what it is rewritten to.

    Raises:
        UsageError: The weights are not those that the bundle was made from.
    """
    from ..artifact.files import digest_of
    from ..export.reference import reference_logits
    from ..export.rewrites.table import rewrite
    from ..judging.links import rewritten_links
    from ..models.checkpoint import load_weights, read_checkpoint
    from ..models.config import LowFormerConfig

    if digest_of(weights) != manifest.source.sha256:
        raise UsageError(f"{weights}: is not the checkpoint that the bundle was made from")
    network = load_weights(LowFormerConfig.from_dict(manifest.model), read_checkpoint(weights))
    with progress.step("running the eager model", len(images.pixels)) as advance:
        eager = reference_logits(network, images.pixels, images.preprocessing, advance)
    few = images.pixels[: options.target_images]
    targets = dict.fromkeys(item.target for item in manifest.artifacts)
    with progress.step("running its rewrites", len(targets) * len(few)) as advance:
        rewritten = {
            target: reference_logits(rewrite(network, target), few, images.preprocessing, advance)
            for target in targets
        }
    links = rewritten_links(eager[: len(few)], rewritten, images.name)
    return dataclasses.replace(images, eager=eager), links


def _show(
    options: argparse.Namespace,
    manifest: Manifest,
    images: Images,
    check: TargetCheck,
    mac: Sequence[MacResult],
) -> None:
    """Prints the result."""
    from ..judging.links import EAGER, HOST, edges

    logits = {} if images.eager is None else {EAGER: images.eager}
    logits |= {
        item.file: item.logits
        for item in check.placed
        if item.target == HOST and item.logits is not None
    }
    pairs = edges(logits, images.labels, images.name)
    not_run = {
        item.file.path: item.not_run for item in manifest.artifacts if item.not_run is not None
    }
    if options.json:
        print_json(
            {
                "bundle": str(options.bundle),
                "images": len(images.pixels),
                "data": images.name,
                "digests": {item.file.path: item.file.sha256 for item in manifest.artifacts},
                "edges": [
                    {
                        "first": edge.first,
                        "second": edge.second,
                        **edge.parity.model_dump(mode="json"),
                    }
                    for edge in pairs
                ],
                "not_run": not_run,
                "targets": check.machines,
                "placed": [_placed_json(item) for item in check.placed],
                "links": [_link_json(link) for link in check.links],
                "mac": [
                    {
                        "package": name,
                        "units": unit,
                        "parity": parity and parity.model_dump(mode="json"),
                        **result.model_dump(mode="json", exclude={"logits", "ops"}),
                    }
                    for name, unit, result, parity in mac
                ],
                "failures": list(check.failures),
            }
        )
    elif not options.quiet:
        from .tables.links import print_lattice
        from .tables.mac import print_mac_results
        from .tables.matrix import print_matrix

        print_matrix(pairs, not_run, images)
        if len(check.machines) > 1:
            print_lattice(check)
        if mac:
            print_mac_results(mac)


def _placed_json(placed: Placed) -> dict[str, Any]:
    answer = placed.answer.model_dump(mode="json", exclude={"failure"}) if placed.answer else {}
    return {
        "file": placed.file,
        "target": placed.target,
        "not_run": placed.not_run,
        **answer,
    }


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "first": link.first,
        "second": link.second,
        "least_db": link.least_db,
        "failure": link.failure,
        "cause": link.cause,
        "culprit": link.culprit and dataclasses.asdict(link.culprit),
        **link.parity.model_dump(mode="json"),
    }


if __name__ == "__main__":
    sys.exit(main())
