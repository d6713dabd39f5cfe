"""``lowformer-verify``: a bundle's files against the eager model and each other, or two files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..progress import Progress
from ..workflows.defaults import EVALUATION_IMAGES, TARGET_IMAGES
from .command import Answer, Command, CommandParser
from .options import (
    add_evaluation_options,
    add_requirement_option,
    check_counts,
    evaluation_choice,
    requirements_of,
)

if TYPE_CHECKING:
    from ..workflows.verify import Verification


_EXAMPLES = """examples:
  lowformer-verify demo-bundle
      every file of a bundle against the eager model
  lowformer-verify demo-bundle --on web:chromium
      the same files in a browser of this machine too; web and web:lan are for any other
  lowformer-verify faces.onnx faces.tflite
      every output of any two files, on noise
  lowformer-verify faces.onnx faces.tflite --golden inputs.npz --min-sqnr 30
      on an array for each input; exit code 1 where an output has less than 30 dB
"""

BUNDLE_ONLY: Mapping[str, object] = {
    "evaluation": None,
    "evaluation_labels": None,
    "reduce_zero_label": None,
    "weights": None,
    "mac_report": None,
    "web_report": None,
    "on": "host",
    "requirements": [],
    "jobs": None,
}
"""Options that say nothing of two files, with what they are where they are left out."""

FILES_ONLY: Mapping[str, object] = {"golden": None, "min_sqnr": None}
"""Options that say nothing of a bundle, likewise."""


class VerifyCommand(Command):
    """The command ``lowformer-verify``."""

    name = "lowformer-verify"
    description = (
        "Checks a bundle's files by their hashes, runs each, and compares its outputs"
        " with the eager model's and with the other files'. Without images, the bundle's golden"
        " vectors are run; torch is not needed for that. Given two files of any formats, with any"
        " inputs and outputs, compares every output of the second with the first's."
    )
    examples = _EXAMPLES

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument(
            "paths",
            type=Path,
            nargs="+",
            metavar="BUNDLE|FILE",
            help="a bundle's folder, or two files, the first of which is the reference",
        )
        _add_file_options(parser)
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
        parser.add_argument(
            "--web-report",
            type=Path,
            metavar="FILE",
            help="what the page of lowformer-web saved of the bundle in a browser, likewise",
        )
        _add_target_options(parser)
        output = parser.add_argument_group("output")
        output.add_argument("--threads", type=int, default=1, help="of each runtime (default: 1)")
        output.add_argument(
            "--jobs",
            type=int,
            metavar="N",
            help="processes that run files on this machine, each on a part of the images (default:"
            " as cores and memory allow)",
        )

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        if len(options.paths) == 1:
            return _verify(options, progress)
        return _compare(options, progress)


def _add_target_options(parser: CommandParser) -> None:
    """Adds what says where files are run."""
    where = parser.add_argument_group("targets")
    where.add_argument(
        "--on",
        default="host",
        metavar="TARGET,...",
        help="host; gpu, gpu:fp16 and arm:CPU, with CPU one of cortex-a53, cortex-a76, i8mm,"
        " sme, which lowformer-lab builds; npu:CHIP, the NPU of a Snapdragon, simulated;"
        " ssh:[USER@]HOST[:PORT], with ?python=PATH for another interpreter there than python3;"
        " adb[:SERIAL], with ?apk=FILE for the app and ?accelerator=gpu or gpu-fp16;"
        " web, web:lan, web:chromium and web:adb[:SERIAL], a page in browsers, with"
        " ?accelerator=wasm, webgpu or webgpu-fp16, &threads=N and &browsers=N"
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


def _add_file_options(parser: CommandParser) -> None:
    """Adds what is said of two files."""
    files = parser.add_argument_group("of two files")
    files.add_argument(
        "--golden",
        type=Path,
        metavar="FILE",
        help=".npz with an array for each of the first file's inputs, by its name: of the input's"
        " own shape, or [N, ...] (default: seeded noise)",
    )
    files.add_argument(
        "--min-sqnr",
        type=float,
        metavar="DB",
        help="what every output has to reach, or the exit code is 1",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return VerifyCommand().main(arguments)


def _verify(options: argparse.Namespace, progress: Progress) -> Answer:
    _check_left_out(options, FILES_ONLY, "two files, not for a bundle")
    check_counts(options, "evaluation_images", "threads", "target_images", "jobs")
    if options.weights and not options.evaluation:
        raise UsageError("--weights belongs to --evaluation-data; give both, or neither")
    from ..workflows.verify import verify

    found = verify(
        options.paths[0],
        on=options.on,
        images=evaluation_choice(options),
        weights=options.weights,
        mac_report=options.mac_report,
        web_report=options.web_report,
        requirements=[str(one) for one in requirements_of(options)],
        target_images=options.target_images,
        threads=options.threads,
        jobs=options.jobs,
        progress=progress,
    )
    return Answer(
        lambda: found.record().model_dump(mode="json"),
        lambda: _show(found),
        tuple(f"failed: {line}" for line in found.failures),
    )


def _compare(options: argparse.Namespace, progress: Progress) -> Answer:
    """Two files against each other."""
    if len(options.paths) != 2:
        raise UsageError("give one bundle, or two files; see lowformer-verify --help")
    _check_left_out(options, BUNDLE_ONLY, "a bundle, not for two files")
    check_counts(options, "threads")
    from ..workflows.comparing import compare_apart
    from .tables.compare import print_comparison

    first, second = options.paths
    with progress.step("comparing"):
        found = compare_apart(
            first,
            second,
            options.golden,
            min_sqnr=options.min_sqnr,
            threads=options.threads,
        )
    return Answer(
        lambda: found.record().model_dump(mode="json"),
        lambda: print_comparison(found),
        tuple(f"failed: {line}" for line in found.failures),
    )


def _check_left_out(options: argparse.Namespace, defaults: Mapping[str, object], use: str) -> None:
    """Refuses options that would do nothing.

    Raises:
        UsageError: One was given.
    """
    for name, default in defaults.items():
        if getattr(options, name) != default:
            raise UsageError(f"`{name}` is for {use}; leave it out")


def _show(found: Verification) -> None:
    """Prints a verification."""
    from ..tasks.registry import task_of
    from .tables.browser import print_browser_checks
    from .tables.half_precision import print_halves
    from .tables.links import print_lattice
    from .tables.mac import print_mac_results
    from .tables.matrix import print_matrix

    measure = task_of(found.bundle.manifest.task).heading
    print_matrix(found.edges(), found.not_run, found.images, measure)
    if len(found.check.machines) > 1:
        print_lattice(found.check)
    print_halves(found.halves)
    if found.mac:
        print_mac_results(found.mac)
    if found.browsers:
        print_browser_checks(found.browsers)


if __name__ == "__main__":
    sys.exit(main())
