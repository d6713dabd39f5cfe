"""``lowformer-verify``: every file of a bundle against the eager model, and against each other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
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


class VerifyCommand(Command):
    """The command ``lowformer-verify``."""

    name = "lowformer-verify"
    description = (
        "Checks a bundle's files by their hashes, runs each, and compares its logits"
        " with the eager model's and with the other files'. Without images, the bundle's golden"
        " vectors are run; torch is not needed for that."
    )

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
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
            help="host; gpu, gpu:fp16 and arm:CPU, with CPU one of cortex-a53, cortex-a76, i8mm,"
            " sme, which lowformer-lab builds; npu:CHIP, the NPU of a Snapdragon, simulated;"
            " ssh:[USER@]HOST[:PORT], with ?python=PATH for another interpreter there than python3;"
            " adb[:SERIAL], with ?apk=FILE for the app and ?accelerator=gpu or gpu-fp16"
            " (default: %(default)s)",
        )
        where.add_argument(
            "--target-images",
            type=int,
            default=TARGET_IMAGES,
            metavar="N",
            help="how many of the images are run on targets other than the host"
            " (default: %(default)s)",
        )
        add_requirement_option(
            where,
            "on every target that tells where ops run, besides what the bundle states, such as"
            " 'partitions<=1' or 'cpu_ops==0'; repeatable",
        )
        output = parser.add_argument_group("output")
        output.add_argument("--threads", type=int, default=1, help="of each runtime (default: 1)")

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _verify(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return VerifyCommand().main(arguments)


def _verify(options: argparse.Namespace, progress: Progress) -> Answer:
    check_counts(options, "evaluation_images", "threads", "target_images")
    if options.weights and not options.evaluation:
        raise UsageError("--weights belongs to --evaluation-data; give both, or neither")
    from ..workflows.verify import verify

    found = verify(
        options.bundle,
        on=options.on,
        images=evaluation_choice(options),
        weights=options.weights,
        mac_report=options.mac_report,
        requirements=[str(one) for one in requirements_of(options)],
        target_images=options.target_images,
        threads=options.threads,
        progress=progress,
    )
    return Answer(
        lambda: found.record().model_dump(mode="json"),
        lambda: _show(found),
        tuple(f"failed: {line}" for line in found.failures),
    )


def _show(found: Verification) -> None:
    """Prints a verification."""
    from .tables.links import print_lattice
    from .tables.mac import print_mac_results
    from .tables.matrix import print_matrix

    print_matrix(found.edges(), found.not_run, found.images)
    if len(found.check.machines) > 1:
        print_lattice(found.check)
    if found.mac:
        print_mac_results(found.mac)


if __name__ == "__main__":
    sys.exit(main())
