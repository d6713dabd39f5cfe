"""``lowformer-verify``: every file of a bundle against the eager model, and against each other."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..progress import Progress
from .console import (
    EXIT_FAILED,
    EXIT_OK,
    CommandParser,
    print_json,
    run_command,
    shown_progress,
)
from .options import EVALUATION_IMAGES, add_evaluation_options, check_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..artifact.mac_report import UnitResult
    from ..artifact.manifest import Manifest, Parity
    from ..calibration.images import DecodedImages
    from ..runtime.matrix import Edge


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
    output = parser.add_argument_group("output")
    output.add_argument("--threads", type=int, default=1, help="of each runtime (default: 1)")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--quiet", action="store_true", help="no progress, no table")
    return parser


def _verify(options: argparse.Namespace) -> int:
    check_counts(options, "evaluation_images", "threads")
    if options.weights and not options.evaluation_data:
        raise UsageError("--weights belongs to --evaluation-data; give both, or neither")
    from ..artifact.manifest import read_manifest
    from ..runtime.matrix import EAGER, edges, too_far

    manifest = read_manifest(options.bundle)
    mac = _mac_results(options, manifest)
    with shown_progress(quiet=options.quiet) as progress:
        images, eager = _reference(options, manifest, progress)
        logits = {} if eager is None else {EAGER: eager}
        logits |= _logits(options, manifest, images, progress)
    found = edges(logits, images.labels, images.name)
    precisions = {item.file.path: item.precision for item in manifest.artifacts}
    failures = []
    for edge in found:
        if edge.first == EAGER:
            reason = too_far(
                precisions[edge.second],
                edge.parity,
                fit_for_accuracy=manifest.source.fit_for_accuracy,
            )
            failures += [f"{edge.second}: {reason}"] if reason else []
    for name, unit, result, parity in mac:
        reason = result.failure
        if parity:
            reason = too_far(
                precisions[name], parity, fit_for_accuracy=manifest.source.fit_for_accuracy
            )
        failures += [f"{name} on the Mac's {unit}: {reason}"] if reason else []
    _show(options, manifest, images, found, mac, failures)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return EXIT_FAILED if failures else EXIT_OK


MacResult = tuple[str, str, "UnitResult", "Parity | None"]
"""A package, the compute units, what the Mac said, and how closely that follows the model."""


def _mac_results(options: argparse.Namespace, manifest: Manifest) -> list[MacResult]:
    """The results of a Mac's report, compared with the bundle's golden vectors."""
    if not options.mac_report:
        return []
    from ..artifact.golden import GoldenVectors
    from ..artifact.mac_report import read_mac_report
    from ..runtime.parity import compare

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
    options: argparse.Namespace, manifest: Manifest, progress: Progress
) -> tuple[DecodedImages, NDArray[np.float32] | None]:
    """Images to compare on, and the eager model's logits for them if they can be had."""
    from .. import demo
    from ..artifact.files import digest_of
    from ..artifact.golden import GoldenVectors
    from ..calibration.images import DecodedImages

    is_demo = manifest.source.sha256 == digest_of(demo.CHECKPOINT)
    if options.evaluation_data or (is_demo and importlib.util.find_spec("torch")):
        images = _images(options, manifest, progress)
        weights = demo.CHECKPOINT if is_demo and not options.weights else options.weights
        return images, _eager(weights, manifest, images, progress) if weights else None
    golden = GoldenVectors.load(options.bundle / manifest.golden.path)
    return DecodedImages("golden vectors", golden.pixels, None), golden.logits


def _images(options: argparse.Namespace, manifest: Manifest, progress: Progress) -> DecodedImages:
    """The evaluation images, or the bundled ones."""
    from .. import demo
    from ..artifact.labels import read_labels
    from ..calibration.images import decode, open_images
    from ..calibration.label_table import read_label_table

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
    weights: Path, manifest: Manifest, images: DecodedImages, progress: Progress
) -> NDArray[np.float32]:
    """The eager model's logits.

    Raises:
        UsageError: The weights are not those that the bundle was made from.
    """
    from ..artifact.files import digest_of
    from ..export.reference import reference_logits
    from ..models.checkpoint import load_weights, read_checkpoint
    from ..models.config import LowFormerConfig

    if digest_of(weights) != manifest.source.sha256:
        raise UsageError(f"{weights}: is not the checkpoint that the bundle was made from")
    network = load_weights(LowFormerConfig.from_dict(manifest.model), read_checkpoint(weights))
    with progress.step("running the eager model", len(images)) as advance:
        return reference_logits(network, images, manifest.preprocessing_spec(), advance)


def _logits(
    options: argparse.Namespace, manifest: Manifest, images: DecodedImages, progress: Progress
) -> dict[str, NDArray[np.float32]]:
    """Each file's logits, for those that can be run here."""
    from ..runtime.verification import run_file

    return {
        item.file.path: run_file(
            options.bundle / item.file.path,
            images.pixels,
            manifest.preprocessing_spec(),
            options.threads,
            progress,
        )[0]
        for item in manifest.artifacts
        if item.not_run is None
    }


def _show(
    options: argparse.Namespace,
    manifest: Manifest,
    images: DecodedImages,
    found: Sequence[Edge],
    mac: Sequence[MacResult],
    failures: Sequence[str],
) -> None:
    """Prints the result."""
    not_run = {
        item.file.path: item.not_run for item in manifest.artifacts if item.not_run is not None
    }
    if options.json:
        print_json(
            {
                "bundle": str(options.bundle),
                "images": len(images),
                "data": images.name,
                "edges": [
                    {
                        "first": edge.first,
                        "second": edge.second,
                        **edge.parity.model_dump(mode="json"),
                    }
                    for edge in found
                ],
                "not_run": not_run,
                "mac": [
                    {
                        "package": name,
                        "units": unit,
                        "parity": parity and parity.model_dump(mode="json"),
                        **result.model_dump(mode="json", exclude={"logits", "ops"}),
                    }
                    for name, unit, result, parity in mac
                ],
                "failures": list(failures),
            }
        )
    elif not options.quiet:
        from .mac_table import print_mac_results
        from .matrix_table import print_matrix

        print_matrix(found, not_run, images)
        if mac:
            print_mac_results(mac)


if __name__ == "__main__":
    sys.exit(main())
