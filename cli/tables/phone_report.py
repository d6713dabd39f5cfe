"""The tables of a benchmark that a phone made by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console
from .bench import print_times

if TYPE_CHECKING:
    from ...artifact.results.checked_file import CheckedFileResult
    from ...artifact.results.phone import PhoneStateResult
    from ...workflows.bench import Benchmark
    from ...workflows.phone_report import PhoneBenchmark


def print_phone_benchmark(found: PhoneBenchmark) -> None:
    """Prints for each accelerator the times, the app's own parity, and how warm the phone was."""
    console = result_console()
    machine = found.benchmarks[0].machine
    told = ", ".join(f"{name} {value}" for name, value in machine.items())
    console.print(f"{told}; {found.created} by the phone's clock")
    for benchmark in found.benchmarks:
        assert benchmark.phone is not None
        console.print()
        console.print(f"on its {benchmark.phone.accelerator}:")
        print_times(benchmark, "openings in one process", "in the app's process")
        console.print(_parity(benchmark))


def _parity(benchmark: Benchmark) -> Table:
    assert benchmark.phone is not None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    for heading in ("the app's own parity, dB", "agreement %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("but")
    for check in benchmark.phone.checks:
        table.add_row(check.file, *_closeness(check), check.failure or "")
    states = [
        state for request in benchmark.phone.requests for state in (request.before, request.after)
    ]
    table.caption = _warmth(states)
    table.caption_justify = "left"
    return table


def _closeness(check: CheckedFileResult) -> tuple[str, str]:
    if check.parity is None:
        return "-", "-"
    ratio, agreement = check.parity.sqnr_db, check.parity.agreement
    return (
        ratio if ratio == "exact" else f"{ratio:.1f}",
        "-" if agreement is None else f"{agreement.value:.1f}",
    )


def _warmth(states: list[PhoneStateResult]) -> str:
    celsius = [state.battery_celsius for state in states if state.battery_celsius is not None]
    if not celsius:
        return "the phone tells no temperature"
    return f"battery: {celsius[0]:.1f} °C, at the most {max(celsius):.1f} °C"
