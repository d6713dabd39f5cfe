"""``lowformer-bench``: how fast files are, beside each other, or that it cannot be said."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .command import EXIT_OK, CommandParser, exit_code_of, print_json, run_command
from .family_options import add_family_options, check_no_family_options
from .terminal import shown_progress

if TYPE_CHECKING:
    from ..runtime.work.fresh_process import Measure
    from ..targets.adb.target import AdbTarget

RUNS = 300
PROFILED_RUNS = 50
PROCESSES = 10

_EXAMPLES = """examples:
  lowformer-bench demo-all
      every file of a bundle that can be run here, beside the first
  lowformer-bench mine-int8.tflite --against other.onnx --threads 1,2
      any file against any other
  lowformer-bench mine-int8.tflite --profile
      which ops take the time
  lowformer-bench mine-int8.tflite --minutes 10
      whether it becomes slower when the machine becomes hot
  lowformer-bench demo-all --on arm:cortex-a76,arm:i8mm
      how many instructions each file needs on ARM processors
  lowformer-bench demo-all --on adb
      every file that a phone can run, on that phone, checked there first
  lowformer-bench --family --format onnx --output family --rival ResNet-50=resnet50.onnx
      whether multiply-accumulates tell the latency of all variants
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return run_command(lambda: _bench(_parser().parse_args(arguments)))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="lowformer-bench",
        description="Times files and bundles in turns on this machine. The verdict is INVALID, and"
        " the exit code 1, where the machine was too busy or too unsteady for the figures to"
        " mean anything.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", type=Path, nargs="*", metavar="FILE|BUNDLE")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="what ratios refer to (default: the first)"
    )
    parser.add_argument(
        "--threads", default="1", metavar="N,...", help="threads of each runtime (default: 1)"
    )
    parser.add_argument(
        "--runs",
        type=int,
        metavar="N",
        help=f"timed runs of each file (default: {RUNS}, with --profile {PROFILED_RUNS})",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="that share the runs, one after the other, since figures differ from process to"
        f" process (default: {PROCESSES})",
    )
    parser.add_argument(
        "--on",
        default="host",
        metavar="TARGET,...",
        help="host, one ssh:HOST, one phone as adb[:SERIAL], with ?accelerator=gpu or gpu-fp16 and"
        " ?apk=FILE for the app, or emulated processors such as arm:cortex-a76, on which"
        " instructions are counted, since their times say nothing (default: %(default)s)",
    )
    modes = parser.add_argument_group("instead of ratios").add_mutually_exclusive_group()
    modes.add_argument(
        "--profile", action="store_true", help="the time of each op, as the runtime tells it"
    )
    modes.add_argument(
        "--minutes", type=float, metavar="M", help="run for so long, and tell how latency changes"
    )
    modes.add_argument(
        "--family",
        action="store_true",
        help="time all variants, with random weights, beside their multiply-accumulates",
    )
    family = parser.add_argument_group("with --family")
    add_family_options(family)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress, no table")
    return parser


def _bench(options: argparse.Namespace) -> int:
    counts = _threads(options.threads)
    _set_counts(options)
    if options.minutes is not None and not 0 < options.minutes < float("inf"):
        raise UsageError("--minutes must be above 0")
    if options.family:
        if options.paths or options.against:
            raise UsageError("--family makes its own files; give others by --rival NAME=FILE")
        from .family import bench_family

        return bench_family(options, counts)
    check_no_family_options(options)
    if not options.paths:
        raise UsageError("a file or a bundle is required; see lowformer-bench --help")
    paths = _files(options)
    if options.on.startswith("arm"):
        return _count(options, paths)
    if options.profile:
        return _profile(options, paths, counts)
    if options.minutes is not None:
        return _endure(options, paths, counts)
    return _compare(options, paths, counts)


def _set_counts(options: argparse.Namespace) -> None:
    """Fills in how many runs and processes there are to be.

    Raises:
        UsageError: A number is too small, or was given where it would do nothing.
    """
    from ..workflows.bench import LEAST_PROCESSES

    if options.minutes is not None and options.runs is not None:
        raise UsageError("--minutes runs for as long as it says; leave --runs out")
    if (options.minutes is not None or options.profile) and options.processes is not None:
        raise UsageError("--processes is for ratios; leave it out with --minutes and --profile")
    if options.runs is None:
        options.runs = PROFILED_RUNS if options.profile else RUNS
    if options.processes is None:
        options.processes = PROCESSES
    if options.runs < 1:
        raise UsageError("--runs must be at least 1")
    if options.processes < LEAST_PROCESSES:
        raise UsageError(f"--processes must be at least {LEAST_PROCESSES}")


def _count(options: argparse.Namespace, paths: list[Path]) -> int:
    """The files' instructions on emulated processors."""
    from ..targets.arm import ArmTarget
    from ..targets.registry import open_target
    from ..workflows.count import count_instructions
    from .tables.instructions import instructions_json, print_instructions

    if options.profile or options.minutes is not None:
        raise UsageError("--profile and --minutes need times, which an emulated target has not")
    targets = [open_target(name.strip()) for name in options.on.split(",")]
    emulated = [target for target in targets if isinstance(target, ArmTarget)]
    for target in targets:
        if target not in emulated:
            raise UsageError(f"--on {options.on}: instructions are counted on arm:CPU alone")
    with shown_progress(quiet=options.quiet) as progress:
        found = count_instructions(paths, emulated, progress)
    if options.json:
        print_json({"instructions": [instructions_json(item) for item in found]})
    elif not options.quiet:
        print_instructions(found)
    return EXIT_OK


def _compare(options: argparse.Namespace, paths: list[Path], counts: list[int]) -> int:
    """The files' ratios."""
    from ..workflows.bench import benchmark

    measure = _measure(options)
    with shown_progress(quiet=options.quiet) as progress:
        found = [
            benchmark(
                paths,
                threads=count,
                runs=options.runs,
                processes=options.processes,
                progress=progress,
                measure=measure,
            )
            for count in counts
        ]
    if options.json:
        from .tables.bench import benchmark_json

        print_json(
            {
                "machine": found[0].machine,
                "left_out": options.left_out,
                "benchmarks": [benchmark_json(item) for item in found],
            }
        )
    elif not options.quiet:
        from .tables.bench import print_benchmark

        for item in found:
            print_benchmark(item)
    return exit_code_of([(item.threads, item.doubts) for item in found])


def _measure(options: argparse.Namespace) -> Measure:
    """What measures where the options say.

    Raises:
        UsageError: No times can be taken there.
    """
    from ..judging.links import HOST
    from ..runtime.work.session import measure_here
    from ..targets.adb import measuring as adb_measuring
    from ..targets.adb.target import AdbTarget
    from ..targets.registry import open_target
    from ..targets.ssh import measuring as ssh_measuring
    from ..targets.ssh.target import SshTarget

    if options.on == HOST:
        return measure_here
    target = open_target(options.on)
    if isinstance(target, SshTarget):
        return ssh_measuring.measure_on(target.host)
    if isinstance(target, AdbTarget):
        return adb_measuring.measure_on(target)
    raise UsageError(
        f"--on {options.on}: times can be taken on host, on one ssh:HOST or on one phone as"
        " adb[:SERIAL], and instructions counted on arm:CPU; for parity on others there is"
        " lowformer-verify --on"
    )


def _profile(options: argparse.Namespace, paths: list[Path], counts: list[int]) -> int:
    """The times of the files' ops."""
    from ..runtime.profile import Profile
    from ..runtime.work.fresh_process import Request
    from .tables.profile import print_profile, profile_json

    asked = [(path, count) for count in counts for path in paths]
    requests = [
        Request("profile", {"path": str(path), "threads": count, "runs": options.runs})
        for path, count in asked
    ]
    with shown_progress(quiet=options.quiet) as progress:
        measured = _measure(options)(requests, "profiling", progress)
    found = [
        (*item, Profile.from_dict(answer))
        for item, answer in zip(asked, measured.answers, strict=True)
    ]
    if options.json:
        profiles = [profile_json(*item) for item in found]
        print_json({"machine": measured.machine, "profiles": profiles})
    elif not options.quiet:
        for item in found:
            print_profile(*item)
    return EXIT_OK


def _endure(options: argparse.Namespace, paths: list[Path], counts: list[int]) -> int:
    """The files' latency over minutes."""
    from ..judging.endurance import endurance_doubts
    from ..runtime.measure.endurance import Endurance
    from ..runtime.work.fresh_process import Request
    from .tables.endurance import endurance_json, print_endurance

    seconds = 60 * options.minutes
    names = [str(path) for path in paths]
    requests = [
        Request("endurance", {"paths": names, "threads": count, "seconds": seconds})
        for count in counts
    ]
    with shown_progress(quiet=options.quiet) as progress:
        description = f"running for {options.minutes:g} minutes with each number of threads"
        measured = _measure(options)(requests, description, progress)
    results = [Endurance.from_dict(answer) for answer in measured.answers]
    found = [
        (count, item, [*measured.doubts, *endurance_doubts(item)])
        for count, item in zip(counts, results, strict=True)
    ]
    if options.json:
        from .tables.bench import details_json

        endurances = [endurance_json(paths, *item) for item in found]
        print_json(
            {
                "machine": measured.machine,
                "left_out": options.left_out,
                "endurance": endurances,
                **details_json(measured.details),
            }
        )
    elif not options.quiet:
        for count, endurance, _ in found:
            print_endurance(paths, count, endurance)
    return exit_code_of([(count, doubts) for count, _, doubts in found])


def _threads(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--threads takes numbers with commas between them, not {text}") from error
    if min(counts) < 1:
        raise UsageError("--threads must be at least 1")
    return list(dict.fromkeys(counts))


def _files(options: argparse.Namespace) -> list[Path]:
    """The files to time, each once; the reference first.

    Files of bundles that a phone cannot run are left out, and noted in the options.

    Raises:
        UsageError: A bundle holds nothing that can be run there, or a file cannot.
    """
    from ..runtime.formats import RUNTIMES

    phone = _phone(options)
    options.left_out = {}
    paths = [options.against] if options.against else []
    for path in options.paths:
        if path.suffix in RUNTIMES or not path.is_dir():
            paths.append(path)
            continue
        runnable = _files_of(path, phone, options)
        if not runnable:
            place = f"on {phone.name}" if phone else "here"
            raise UsageError(f"{path}: holds no file that can be timed {place}")
        paths += runnable
    for path in paths:
        reason = phone.refusal(path) if phone else None
        if reason:
            raise UsageError(f"{path}: {reason}")
    if not options.quiet:
        for name, reason in options.left_out.items():
            print(f"left out: {name}: {reason}", file=sys.stderr)
    return list(dict.fromkeys(paths))


def _phone(options: argparse.Namespace) -> AdbTarget | None:
    """The phone that files are timed on, or None where they are on something else."""
    if not options.on.startswith("adb"):
        return None
    from ..targets.adb.target import AdbTarget
    from ..targets.registry import open_target

    target = open_target(options.on)
    return target if isinstance(target, AdbTarget) else None


def _files_of(bundle: Path, phone: AdbTarget | None, options: argparse.Namespace) -> list[Path]:
    """A bundle's files that can be timed; what a phone does not take is noted."""
    from ..artifact.manifest import read_manifest

    artifacts = read_manifest(bundle).artifacts
    if phone is None:
        return [
            bundle / item.file.path
            for item in artifacts
            if item.not_run is None and item.latency is not None
        ]
    refusals = {item.file.path: phone.refusal(Path(item.file.path)) for item in artifacts}
    options.left_out |= {name: reason for name, reason in refusals.items() if reason}
    return [bundle / name for name, reason in refusals.items() if reason is None]


if __name__ == "__main__":
    sys.exit(main())
