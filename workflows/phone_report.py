"""What a report of the app's benchmark screen says, judged as times over adb are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from ..artifact.bundle import Bundle, open_bundle
from ..errors import UsageError
from ..targets.adb.phone_report import read_phone_report
from ..targets.adb.reported import places_of
from .bench import Benchmark, judge

NOT_REPORTED = "the phone's report has nothing of it"


@dataclasses.dataclass(frozen=True)
class PhoneBenchmark:
    """A bundle on a phone, as the app itself timed it.

    Attributes:
        created: When, by the phone's clock.
        benchmarks: One for each accelerator on which files ran, with its name under ``phone``.
        left_out: What was not timed, with the reason.
    """

    created: str
    benchmarks: tuple[Benchmark, ...]
    left_out: Mapping[str, str]


def judge_phone_report(bundle: str | Path | Bundle, report: str | Path) -> PhoneBenchmark:
    """Reads what the app saved of a bundle's benchmark on a phone.

    Parity is the app's own: outputs did not leave the phone.

    Args:
        bundle: The bundle that was measured.
        report: The file that the app saved.

    Returns:
        Times and ratios by accelerator, with doubts as of times over adb.

    Raises:
        ManifestError: The bundle is damaged.
        TargetError: The report's answers are not what an app would give, or figures are not those
            of their own times.
        UsageError: The report cannot be read, is of another bundle, or has no times.
    """
    bundle = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    path = Path(report)
    found = read_phone_report(path, bundle)
    places = places_of(found, path, bundle)
    benchmarks = []
    known = {file.path for file in found.files}
    left_out = {
        record.file.path: NOT_REPORTED
        for record in bundle.manifest.artifacts
        if record.file.path not in known
    }
    for place in places:
        left_out |= place.left_out
        if place.paths:
            judged = judge(place.paths, place.threads, place.measured)
            doubts = tuple(f"{place.accelerator}: {line}" for line in judged.doubts)
            benchmarks.append(dataclasses.replace(judged, doubts=doubts))
    if not benchmarks:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise UsageError(f"{path}: no file was timed ({reasons})")
    return PhoneBenchmark(found.created, tuple(benchmarks), left_out)
