"""``python -m lowformer_edge.android_demo.tools.offline``: the app without Gradle."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ....cli.command import EXIT_FAILED, EXIT_OK, CommandParser, run_command
from ....cli.terminal import shown_progress
from ....errors import CheckError

BUILD = Path("build") / "android"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return run_command(lambda: _told(_parser().parse_args(arguments)))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="python -m lowformer_edge.android_demo.tools.offline",
        description="Compiles the Android app with what lowformer-lab android fetched, tests its"
        " pure modules on the JVM, and packs an APK for tests, which has no LiteRT.",
    )
    parser.add_argument("--test", action="store_true", help="compile and test, and no APK")
    parser.add_argument("--apk", action="store_true", help="compile and pack, and no tests")
    parser.add_argument(
        "--bundle",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="a bundle to pack; several may be given (default: the demo model's, exported here)",
    )
    parser.add_argument(
        "--output", type=Path, default=BUILD, metavar="FOLDER", help=f"default: {BUILD}"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress, no result")
    return parser


def _told(options: argparse.Namespace) -> int:
    """Builds; what a compiler remarks upon keeps its lines."""
    try:
        return _build(options)
    except CheckError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_FAILED


def _build(options: argparse.Namespace) -> int:
    from .api_level import open_levels
    from .compilation import compile_app
    from .demo_bundle import export_demo
    from .inspection import inspect_apk
    from .newest_android import compile_newest
    from .packaging import package_app
    from .project import read_project
    from .toolchain import open_toolchain

    toolchain, project = open_toolchain(), read_project()
    folder: Path = options.output
    both = options.test == options.apk
    result: dict[str, object] = {}
    failed = False
    with shown_progress(quiet=options.quiet) as progress:
        with progress.step("compiling the app"):
            made = compile_app(toolchain, project, folder)
        if options.test or both:
            with progress.step("compiling it against the newest Android"):
                compile_newest(made, open_levels(toolchain), folder / "newest")
            for name, module in project.modules.items():
                if module.tests:
                    with progress.step(f"testing {name}"):
                        run = made.run_tests(name)
                    result[name] = {"passed": len(run.passed), "failed": run.failed}
                    failed |= bool(run.failed)
        if options.apk or both:
            bundles = options.bundle or [folder / "bundles" / "demo"]
            if not options.bundle and not bundles[0].is_dir():
                with progress.step("exporting the demo bundle"):
                    export_demo(bundles[0])
            with progress.step("packing the app"):
                apk = package_app(made, bundles, folder)
                found = inspect_apk(toolchain, apk, project.versions["minSdk"])
            result["apk"] = {
                "path": str(apk),
                "bytes": apk.stat().st_size,
                "permissions": found.permissions,
                "abis": found.abis,
                "classes": len(found.classes),
            }
    if options.json:
        print(json.dumps(result, indent=2))
    elif not options.quiet:
        for name, record in result.items():
            print(f"{name}: {record}")
    return EXIT_FAILED if failed else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
