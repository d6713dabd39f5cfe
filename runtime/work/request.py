"""What can be measured of files, in a process of its own or by a phone's app."""

from __future__ import annotations

import abc
import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter

from ...process.limits import LONGEST_INFERENCE_S, LONGEST_SILENCE_S
from ..formats import format_of
from ..measure.endurance import SLICES, WINDOWS, Endurance, run_for
from ..measure.first_run import FirstRun, measure_first_run
from ..measure.timing import WARMUP, ProcessTiming, time_files
from ..profile import WARMUP as PROFILE_WARMUP
from ..profile import Profile
from .job import Record

Answer = FirstRun | ProcessTiming | Profile | Endurance


class Request(Record, abc.ABC):
    """One piece of measuring.

    Attributes:
        answer: What comes of it.
        files: Files of any formats, each once.
        threads: Of each runtime.
    """

    answer: ClassVar[type[Any]]
    files: tuple[Path, ...] = Field(min_length=1)
    threads: int

    @property
    @abc.abstractmethod
    def inferences(self) -> int:
        """How many are done at most."""

    @property
    def longest_s(self) -> float:
        """Seconds after which the process that does it is ended, which tells of nothing before."""
        return LONGEST_SILENCE_S + LONGEST_INFERENCE_S * self.inferences

    @abc.abstractmethod
    def measure(self) -> Any:
        """Measures it here and now.

        Raises:
            ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
        """

    def to_plain(self, answer: Any) -> Any:
        """An answer as plain values, which are sent as JSON."""
        return TypeAdapter(self.answer).dump_python(answer, mode="json")

    def read(self, answer: Any) -> Any:
        """An answer from what :meth:`to_plain` made of it.

        Raises:
            ValueError: It is none, or not this request's.
        """
        json.dumps(answer, allow_nan=False)
        found = TypeAdapter(self.answer).validate_python(answer)
        self._check(found)
        return found

    def _check(self, answer: Any) -> None:
        """Holds an answer to what was asked.

        Raises:
            ValueError: It is for something else.
        """


class FirstRunRequest(Request):
    """Opens one file and runs it a few times, see :func:`.measure_first_run`."""

    task: Literal["alone"] = "alone"
    answer = FirstRun
    files: tuple[Path]

    @property
    def inferences(self) -> int:
        """See :class:`Request`."""
        return 1 + WARMUP

    def measure(self) -> FirstRun:
        """See :class:`Request`."""
        return measure_first_run(self.files[0], self.threads)


class TimeRequest(Request):
    """Times files in turns, see :func:`.time_files`.

    Attributes:
        rounds: Timed runs of each.
        first: Number of the file that is opened and run first.
    """

    task: Literal["time"] = "time"
    answer = ProcessTiming
    rounds: int
    first: int

    @property
    def inferences(self) -> int:
        """See :class:`Request`; each timed one comes after one that is not."""
        return 2 * len(self.files) * (WARMUP + self.rounds)

    def measure(self) -> ProcessTiming:
        """See :class:`Request`."""
        return time_files(self.files, threads=self.threads, rounds=self.rounds, first=self.first)

    def _check(self, answer: ProcessTiming) -> None:
        times = answer.milliseconds
        if [len(one) for one in times] != [self.rounds] * len(self.files):
            raise ValueError("the times are not those of each file's runs")
        if min(map(min, times)) <= 0:
            raise ValueError("a run took no time")


class ProfileRequest(Request):
    """Times the ops of one file.

    Attributes:
        runs: How often it is run.
    """

    task: Literal["profile"] = "profile"
    answer = Profile
    files: tuple[Path]
    runs: int

    @property
    def inferences(self) -> int:
        """See :class:`Request`."""
        return PROFILE_WARMUP + self.runs

    def measure(self) -> Profile:
        """See :class:`Request`."""
        (path,) = self.files
        return format_of(path).profile_of(path, self.threads, self.runs)


class EnduranceRequest(Request):
    """Runs files in turns without a pause, see :func:`.run_for`.

    Attributes:
        seconds: For how long.
    """

    task: Literal["endurance"] = "endurance"
    answer = Endurance
    seconds: float

    @property
    def inferences(self) -> int:
        """See :class:`Request`: those that are not over when the time is."""
        return 2 * len(self.files) * (WARMUP + WINDOWS * SLICES)

    @property
    def longest_s(self) -> float:
        """See :class:`Request`."""
        return self.seconds + super().longest_s

    def measure(self) -> Endurance:
        """See :class:`Request`."""
        return run_for(self.files, threads=self.threads, seconds=self.seconds)

    def _check(self, answer: Endurance) -> None:
        parts = [len(answer.moments), *map(len, answer.windows)]
        if parts != [WINDOWS] * (1 + len(self.files)):
            raise ValueError(f"the answer is not for each file's {WINDOWS} stretches of time")


AnyRequest = Annotated[
    FirstRunRequest | TimeRequest | ProfileRequest | EnduranceRequest,
    Field(discriminator="task"),
]

REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)
"""Reads a request."""

REQUESTS: TypeAdapter[list[AnyRequest]] = TypeAdapter(list[AnyRequest])
"""Reads several."""
