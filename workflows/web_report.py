"""What the report of a static site says of times, judged as times in other places are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from ..artifact.bundle import Bundle, open_bundle
from ..errors import UsageError
from ..targets.web.reported import left_out_of, reported_places
from ..targets.web.web_report import open_web_report
from .bench import Benchmark, judge


@dataclasses.dataclass(frozen=True)
class WebBenchmark:
    """A bundle in a browser, as the page timed it.

    Attributes:
        created: When, by the browser's clock.
        benchmarks: One for each accelerator and number of threads on which files ran, by name.
        left_out: What was not timed, with the reason.
    """

    created: str
    benchmarks: Mapping[str, Benchmark]
    left_out: Mapping[str, str]


def judge_web_report(bundle: str | Path | Bundle, report: str | Path) -> WebBenchmark:
    """Reads what the page of a site saved of a bundle's times in a browser.

    Args:
        bundle: The bundle that the site was made of.
        report: The file that the page saved.

    Returns:
        Times and ratios by accelerator, with doubts as of times elsewhere.

    Raises:
        ManifestError: The bundle is damaged.
        TargetError: The report's answers are not what the page would give.
        UsageError: The report cannot be read, is of another bundle, or has no times.
    """
    bundle = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    opened = open_web_report(Path(report), bundle)
    places = reported_places(opened, bundle)
    benchmarks = {}
    for place in places:
        if place.measured:
            judged = judge(place.paths, place.threads, place.measured)
            doubts = tuple(f"{place.name}: {line}" for line in judged.doubts)
            benchmarks[place.name] = dataclasses.replace(judged, doubts=doubts)
    left_out = left_out_of(places, [record.file.path for record in bundle.manifest.artifacts])
    if not benchmarks:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise UsageError(f"{report}: no file was timed ({reasons})")
    return WebBenchmark(opened.report.created, benchmarks, left_out)
