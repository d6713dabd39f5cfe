"""What every target has, unless it has something else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import UsageError
from lowformer_edge.progress import Progress, SilentProgress
from lowformer_edge.runtime.work.fresh_process import Measured
from lowformer_edge.runtime.work.request import FirstRunRequest, Request
from lowformer_edge.targets.target import Target, TargetRun, Work

RUN = TargetRun({"processor": "one"}, ())
WORK = Work([], np.zeros((1, 8, 8, 3), np.uint8), Preprocessing(size=8))
REQUESTS = [FirstRunRequest(files=(Path("a.tflite"),), threads=1)]


class Place(Target):
    """A place that stands for one machine, and takes no times."""

    scheme = name = "place"

    def run(self, work: Work, progress: Progress) -> TargetRun:
        return RUN


class TimedPlace(Place):
    """One that does."""

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        return Measured({"processor": description}, [])


def test_a_target_is_one_machine_of_its_name() -> None:
    assert Place().run_everywhere(WORK, SilentProgress()) == {"place": RUN}


def test_what_it_measures_is_of_one_machine() -> None:
    (measured,) = TimedPlace().measure_everywhere(REQUESTS, "timing", SilentProgress())
    assert measured.machine == {"processor": "timing"}


def test_where_no_times_can_be_taken_it_says_where_they_can() -> None:
    with pytest.raises(UsageError, match=r"place: times can be taken on host, .* browsers as web"):
        Place().measure_everywhere(REQUESTS, "timing", SilentProgress())


def test_threads_are_whatever_is_asked_for() -> None:
    assert Place().threads is None
