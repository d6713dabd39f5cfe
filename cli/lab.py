"""``lowformer-lab``: builds what stands for devices that are not here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..progress import Progress
from .command import Answer, Command, CommandParser
from .options import as_named
from .terminal import tell

LABS = ("android", "arm", "data", "gpu", "web")


class LabCommand(Command):
    """The command ``lowformer-lab``."""

    name = "lowformer-lab"
    description = (
        "Builds laboratories. For lowformer-verify --on, 'arm' emulates 64-bit ARM"
        " processors with QEMU and the runtimes' own ARM wheels, 'gpu' holds Vulkan devices in"
        " software. 'android' compiles and tests the Android app, 'web' holds runtimes for"
        " browsers and what builds the page for them, 'data' holds Fashion-MNIST, which the demo"
        " model was trained on. All come from Debian's packages, PyPI and npm, lie in the user's"
        " cache, and install nothing."
    )

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument(
            "labs",
            nargs="+",
            type=as_named(LABS),
            choices=LABS,
            metavar="LAB",
            help=", ".join(LABS),
        )
        parser.add_argument("--force", action="store_true", help="build again what is there")
        parser.add_argument("--remove", action="store_true", help="remove instead of building")

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _lab(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return LabCommand().main(arguments)


def _lab(options: argparse.Namespace, progress: Progress) -> Answer:
    from ..errors import LabError
    from ..lab.android import build_android_lab
    from ..lab.arm import build_arm_lab
    from ..lab.data import build_data_lab
    from ..lab.gpu import build_gpu_lab
    from ..lab.place import lab_folder, open_lab, remove_lab
    from ..lab.web import build_web_lab

    builders = {
        "android": build_android_lab,
        "arm": build_arm_lab,
        "data": build_data_lab,
        "gpu": build_gpu_lab,
        "web": build_web_lab,
    }
    found = {}
    for name in dict.fromkeys(options.labs):
        if options.remove:
            found[name] = {"folder": str(lab_folder(name)), "removed": remove_lab(name)}
            continue
        try:
            if options.force:
                raise LabError("asked for again")
            lab = open_lab(name)
        except LabError:
            lab = builders[name](progress)
        found[name] = {"folder": str(lab.folder), "versions": lab.versions}

    def show() -> None:
        for name, record in found.items():
            tell(f"{name}: {record['folder']}")

    return Answer(lambda: found, show)


if __name__ == "__main__":
    sys.exit(main())
