"""The latency of files over minutes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..artifact.results.bench import (
    EnduranceResult,
    EnduredFileResult,
    EnduredResult,
    MomentResult,
    WindowResult,
)
from ..artifact.results.phone import PhoneResult
from ..judging.endurance import change, endurance_doubts, verdict
from ..judging.steadiness import validity
from ..progress import Progress
from ..runtime.measure.endurance import Endurance, Window
from ..runtime.work.request import EnduranceRequest
from ..targets.target import Target


@dataclasses.dataclass(frozen=True)
class Endured:
    """Files that ran for minutes with a number of threads.

    Attributes:
        paths: The files.
        threads: Of each runtime.
        endurance: How their latency changed.
        doubts: What speaks against that, a line each.
    """

    paths: tuple[Path, ...]
    threads: int
    endurance: Endurance
    doubts: tuple[str, ...]

    def record(self) -> EnduredResult:
        """The same as it is written."""
        endurance = self.endurance
        return EnduredResult(
            threads=self.threads,
            verdict=validity(self.doubts),
            doubts=self.doubts,
            other_load=endurance.other_load,
            moments=tuple(
                MomentResult(**dataclasses.asdict(moment)) for moment in endurance.moments
            ),
            files=tuple(
                _file_record(path, windows)
                for path, windows in zip(self.paths, endurance.windows, strict=True)
            ),
        )


def _file_record(path: Path, windows: Sequence[Window]) -> EnduredFileResult:
    """How a file's latency changed, as it is written."""
    ratio = change(windows)
    return EnduredFileResult(
        path=str(path),
        change=verdict(windows),
        change_value=ratio.value,
        change_low=ratio.low,
        change_high=ratio.high,
        windows=tuple(WindowResult(**dataclasses.asdict(window)) for window in windows),
    )


@dataclasses.dataclass(frozen=True)
class EnduranceRun:
    """Files that ran for minutes on one machine.

    Attributes:
        machine: Where.
        endured: One for each number of threads.
        phone: What the machine tells besides, where it is a phone.
    """

    machine: dict[str, str]
    endured: tuple[Endured, ...]
    phone: PhoneResult | None = None

    def record(self, left_out: Mapping[str, str]) -> EnduranceResult:
        """The same as it is written.

        Args:
            left_out: What of bundles did not run, with the reason.
        """
        phone = {"phone": self.phone} if self.phone else {}
        return EnduranceResult(
            machine=self.machine,
            left_out=dict(left_out),
            endurance=tuple(endured.record() for endured in self.endured),
            **phone,
        )


def endure_files(
    paths: Sequence[Path],
    counts: Sequence[int],
    minutes: float,
    target: Target,
    progress: Progress,
) -> EnduranceRun:
    """How the latency of files changes over minutes, with each number of threads.

    Raises:
        ArtifactError: A file cannot be run.
        UsageError: No times can be taken there.
    """
    requests = [
        EnduranceRequest(files=tuple(paths), threads=count, seconds=60 * minutes)
        for count in counts
    ]
    description = f"running for {minutes:g} minutes with each number of threads"
    measured = target.measure(requests, description, progress)
    endured = [
        Endured(tuple(paths), count, endurance, (*measured.doubts, *endurance_doubts(endurance)))
        for count, endurance in zip(counts, measured.of(Endurance), strict=True)
    ]
    return EnduranceRun(measured.machine, tuple(endured), measured.phone)
