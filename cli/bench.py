"""``lowformer-bench``: how fast files are, beside each other, or that it cannot be said."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..progress import Progress
from ..workflows.defaults import BENCH_RUNS, PROCESSES
from .command import Answer, Command, CommandParser, invalid
from .family_options import add_family_options, check_no_family_options
from .options import thread_counts
from .terminal import say

if TYPE_CHECKING:
    from ..targets.target import Target
    from ..workflows.bench import Benchmark, Chosen

PROFILED_RUNS = 50

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
  lowformer-bench mine-int8.tflite --profile --on host,arm:cortex-a76
      which ops take the instructions there, beside their times here
  lowformer-bench demo-all --on adb
      every file that a phone can run, on that phone, checked there first
  lowformer-bench demo-all --on web:lan
      the same in the browser of any phone that opens the page, without an app
  lowformer-bench demo-all --phone-report demo-all-phone.json
      the same without a cable: what the app's benchmark screen saved
  lowformer-bench --family --format onnx --output family --rival ResNet-50=resnet50.onnx
      whether multiply-accumulates tell the latency of all variants
"""


class BenchCommand(Command):
    """The command ``lowformer-bench``."""

    name = "lowformer-bench"
    description = (
        "Times files and bundles in turns on this machine. The verdict is INVALID, and"
        " the exit code 1, where the machine was too busy or too unsteady for the figures to"
        " mean anything."
    )
    examples = _EXAMPLES

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
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
            help=f"timed runs of each file (default: {BENCH_RUNS}, with --profile {PROFILED_RUNS})",
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
            help="host, one ssh:HOST, one phone as adb[:SERIAL], with ?accelerator=gpu or gpu-fp16"
            " and ?apk=FILE for the app, browsers as web, web:lan, web:chromium or web:adb, with"
            " ?accelerator=wasm, webgpu or webgpu-fp16, or emulated processors such as"
            " arm:cortex-a76, on which instructions are counted, since their times say nothing"
            " (default: %(default)s)",
        )
        modes = parser.add_argument_group("instead of ratios").add_mutually_exclusive_group()
        modes.add_argument(
            "--profile",
            action="store_true",
            help="each op's time, or instructions; both with --on host,arm:CPU",
        )
        modes.add_argument(
            "--minutes", type=float, metavar="M", help="run so long, and tell how latency changes"
        )
        modes.add_argument(
            "--family",
            action="store_true",
            help="time all variants, with random weights, beside their multiply-accumulates",
        )
        modes.add_argument(
            "--phone-report",
            type=Path,
            metavar="FILE",
            help="judge what the benchmark screen of the Android app saved of the bundle",
        )
        modes.add_argument(
            "--web-report",
            type=Path,
            metavar="FILE",
            help="judge what the page of lowformer-web saved of the bundle in a browser",
        )
        family = parser.add_argument_group("with --family")
        add_family_options(family)

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _bench(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return BenchCommand().main(arguments)


def _bench(options: argparse.Namespace, progress: Progress) -> Answer:
    counts = thread_counts(options.threads)
    _set_counts(options)
    if options.minutes is not None and not 0 < options.minutes < float("inf"):
        raise UsageError("--minutes must be above 0")
    if options.family:
        if options.paths or options.against:
            raise UsageError("--family makes its own files; give others by --rival NAME=FILE")
        from .family import bench_family

        return bench_family(options, counts, progress)
    check_no_family_options(options)
    if not options.paths:
        raise UsageError("a file or a bundle is required; see lowformer-bench --help")
    if options.phone_report or options.web_report:
        return _report(options, counts)
    from ..targets.registry import open_target, target_names
    from ..workflows.bench import choose_files

    places = target_names(options.on)
    emulated = [place for place in places if place.startswith("arm:")]
    if emulated and options.profile:
        return _count_ops(options, places, progress)
    if emulated:
        return _count(options, places, progress)
    if len(places) > 1:
        raise UsageError(
            f"files are timed in one place at a time, not on {', '.join(places)}; only emulated"
            " processors, whose instructions are counted, may be several"
        )
    target = open_target(places[0])
    if target.threads is not None and counts != [1]:
        raise UsageError(f"{target.name} says its threads itself; leave --threads out")
    chosen = choose_files(options.paths, options.against, target)
    _tell_left_out(options, chosen.left_out)
    if options.profile:
        return _profile(options, chosen, counts, target, progress)
    if options.minutes is not None:
        return _endure(options, chosen, counts, target, progress)
    return _compare(options, chosen, counts, target, progress)


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
        options.runs = PROFILED_RUNS if options.profile else BENCH_RUNS
    if options.processes is None:
        options.processes = PROCESSES
    if options.runs < 1:
        raise UsageError("--runs must be at least 1")
    if options.processes < LEAST_PROCESSES:
        raise UsageError(f"--processes must be at least {LEAST_PROCESSES}")


def _count(options: argparse.Namespace, places: Sequence[str], progress: Progress) -> Answer:
    """The files' instructions on emulated processors."""
    from ..targets.host import HostTarget
    from ..workflows.bench import choose_files
    from ..workflows.count import count_instructions, counts_record
    from .tables.instructions import print_instructions

    if options.minutes is not None:
        raise UsageError("--minutes needs times, which an emulated target has not")
    chosen = choose_files(options.paths, options.against, HostTarget())
    found = count_instructions(chosen.paths, on=places, progress=progress)
    return Answer(
        lambda: counts_record(found).model_dump(mode="json"),
        lambda: print_instructions(found),
    )


def _count_ops(options: argparse.Namespace, places: Sequence[str], progress: Progress) -> Answer:
    """The instructions of the files' ops on emulated processors, beside their times here."""
    from ..judging.links import HOST
    from ..targets.host import HostTarget
    from ..workflows.bench import choose_files
    from ..workflows.count_ops import count_ops
    from .tables.op_instructions import print_op_instructions

    emulated = [place for place in places if place.startswith("arm:")]
    if not set(places) <= {HOST, *emulated}:
        raise UsageError("with arm:CPU, --profile takes host and arm:CPU alone in --on")
    host = HostTarget()
    chosen = choose_files(options.paths, options.against, host)
    found = count_ops(
        chosen.paths,
        on=emulated,
        timed_on=host if HOST in places else None,
        runs=options.runs,
        progress=progress,
    )

    def show() -> None:
        for file in found.files:
            print_op_instructions(file)

    return Answer(lambda: found.record().model_dump(mode="json"), show)


def _compare(
    options: argparse.Namespace,
    chosen: Chosen,
    counts: list[int],
    target: Target,
    progress: Progress,
) -> Answer:
    """The files' ratios."""
    from ..workflows.bench import bench_record, benchmark_everywhere
    from .tables.bench import print_benchmark

    found = [
        one
        for count in counts
        for one in benchmark_everywhere(
            chosen.paths,
            threads=count,
            runs=options.runs,
            processes=options.processes,
            target=target,
            progress=progress,
        )
    ]

    def show() -> None:
        for item in found:
            print_benchmark(item)

    return Answer(
        lambda: bench_record(found, chosen.left_out).model_dump(mode="json"),
        show,
        invalid((item.threads, item.doubts) for item in found),
    )


def _report(options: argparse.Namespace, counts: list[int]) -> Answer:
    """What was measured elsewhere already, as a phone's or a browser's own report says it."""
    flag = "--phone-report" if options.phone_report else "--web-report"
    given = (options.on, options.against, counts, options.runs, options.processes)
    if given != ("host", None, [1], BENCH_RUNS, PROCESSES):
        raise UsageError(
            f"{flag} was measured already; leave --on, --against, --threads, --runs and --processes"
            " out"
        )
    if len(options.paths) > 1:
        raise UsageError(f"{flag} is of one bundle; give no other")
    return _phone_report(options) if options.phone_report else _web_report(options)


def _phone_report(options: argparse.Namespace) -> Answer:
    from ..workflows.phone_report import judge_phone_report
    from .tables.phone_report import print_phone_benchmark

    found = judge_phone_report(options.paths[0], options.phone_report)
    show = functools.partial(print_phone_benchmark, found)
    return _reported(options, found.benchmarks, found.left_out, show)


def _web_report(options: argparse.Namespace) -> Answer:
    from ..workflows.web_report import judge_web_report
    from .tables.browser import print_web_benchmark

    found = judge_web_report(options.paths[0], options.web_report)
    show = functools.partial(print_web_benchmark, found)
    return _reported(options, [*found.benchmarks.values()], found.left_out, show)


def _reported(
    options: argparse.Namespace,
    benchmarks: Sequence[Benchmark],
    left_out: Mapping[str, str],
    show: Callable[[], None],
) -> Answer:
    from ..workflows.bench import bench_record

    _tell_left_out(options, left_out)
    return Answer(
        lambda: bench_record(benchmarks, left_out).model_dump(mode="json"),
        show,
        invalid((item.threads, item.doubts) for item in benchmarks),
    )


def _tell_left_out(options: argparse.Namespace, reasons: Mapping[str, str]) -> None:
    """Tells what is not timed, unless that is not wanted."""
    if not options.quiet:
        for name, reason in reasons.items():
            say(f"left out: {name}: {reason}")


def _profile(
    options: argparse.Namespace,
    chosen: Chosen,
    counts: list[int],
    target: Target,
    progress: Progress,
) -> Answer:
    """The times of the files' ops."""
    from ..workflows.profile import profile_files
    from .tables.profile import print_profile

    profiles = profile_files(chosen.paths, counts, options.runs, target, progress)

    def show() -> None:
        for file in profiles.files:
            print_profile(file.path, file.threads, file.profile)

    return Answer(lambda: profiles.record().model_dump(mode="json"), show)


def _endure(
    options: argparse.Namespace,
    chosen: Chosen,
    counts: list[int],
    target: Target,
    progress: Progress,
) -> Answer:
    """The files' latency over minutes."""
    from ..workflows.endure import endure_files
    from .tables.endurance import print_endurance

    run = endure_files(chosen.paths, counts, options.minutes, target, progress)

    def show() -> None:
        for endured in run.endured:
            print_endurance(endured.paths, endured.threads, endured.endurance)

    return Answer(
        lambda: run.record(chosen.left_out).model_dump(mode="json"),
        show,
        invalid((endured.threads, endured.doubts) for endured in run.endured),
    )


if __name__ == "__main__":
    sys.exit(main())
