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
from ....progress import Progress
from .compilation import Compilation

BUILD = Path("build") / "android"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return run_command(lambda: _told(_parser().parse_args(arguments)))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="python -m lowformer_edge.android_demo.tools.offline",
        description="Compiles the Android app with what lowformer-lab android fetched, tests it"
        " on the JVM, and packs an APK for tests, which has no LiteRT.",
    )
    parser.add_argument("--test", action="store_true", help="compile and test, and no APK")
    parser.add_argument("--apk", action="store_true", help="compile and pack, and no tests")
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="compile and test, and show how many lines of each module the tests run",
    )
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
    from .compilation import compile_app
    from .project import read_project
    from .toolchain import open_toolchain

    toolchain, project = open_toolchain(), read_project()
    folder: Path = options.output
    everything = not (options.test or options.apk or options.coverage)
    result: dict[str, object] = {}
    with shown_progress(quiet=options.quiet) as progress:
        with progress.step("compiling the app"):
            made = compile_app(toolchain, project, folder)
        if options.test or options.coverage or everything:
            result |= _test(made, folder, progress, with_coverage=options.coverage)
        if options.apk or everything:
            result["apk"] = _pack(made, options.bundle, folder, progress)
    if options.json:
        print(json.dumps(result, indent=2))
    elif not options.quiet:
        for name, record in result.items():
            print(f"{name}: {record}")
    failed = any(isinstance(record, dict) and record.get("failed") for record in result.values())
    return EXIT_FAILED if failed else EXIT_OK


def _test(
    made: Compilation, folder: Path, progress: Progress, *, with_coverage: bool
) -> dict[str, object]:
    """How the tests went by module, and, if that is asked for, how much of each module they ran."""
    from .api_level import open_levels
    from .coverage import counting, read_coverage
    from .fakes import build_fakes
    from .newest_android import compile_newest

    with progress.step("compiling it against the newest Android"):
        compile_newest(made, open_levels(made.toolchain), folder / "newest")
    counts = folder / "coverage.exec"
    counts.unlink(missing_ok=True)
    java = (counting(made.toolchain, counts),) if with_coverage else ()
    runs = {}
    for name, module in made.project.modules.items():
        if module.tests:
            with progress.step(f"testing {name}"):
                runs[name] = made.run_tests(name, java=java)
    with progress.step("testing the app over fakes of Android"):
        runs["fakes"] = build_fakes(made, folder / "fakes").run_tests(java=java)
    result: dict[str, object] = {
        name: {"passed": len(run.passed), "failed": run.failed} for name, run in runs.items()
    }
    if with_coverage:
        with progress.step("reading what ran"):
            found = read_coverage(made, [counts], folder / "coverage")
        for name, module_lines in found.items():
            result[f"lines of {name}"] = str(module_lines)
            result |= {f"  {file.name}": str(file) for file in module_lines.files}
    return result


def _pack(
    made: Compilation, bundles: Sequence[Path], folder: Path, progress: Progress
) -> dict[str, object]:
    """What was packed of the app with some bundles, or with the demo model's."""
    from .demo_bundle import export_demo
    from .inspection import inspect_apk
    from .packaging import package_app

    packed = bundles or [folder / "bundles" / "demo"]
    if not bundles and not packed[0].is_dir():
        with progress.step("exporting the demo bundle"):
            export_demo(packed[0])
    with progress.step("packing the app"):
        apk = package_app(made, packed, folder)
        found = inspect_apk(made.toolchain, apk, made.project.versions["minSdk"])
    return {
        "path": str(apk),
        "bytes": apk.stat().st_size,
        "permissions": found.permissions,
        "abis": found.abis,
        "classes": len(found.classes),
    }


if __name__ == "__main__":
    sys.exit(main())
