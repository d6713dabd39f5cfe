"""Waiting for browsers to open the page, to work through its job, and to answer."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from ...errors import TargetError
from ...progress import Advance, Progress
from .events import Answered, Event, Gone, Opened, Progressed, Refused
from .protocol import CheckTask, TimeTask, WebAnswer, WebJob, parse_answer

RELOAD_S = 10.0
"""For how long a page that was closed may be opened anew, as when it is reloaded."""

POLL_S = 0.5
"""How often it is looked whether something ended that must not."""


class Source(Protocol):
    """Where events come from."""

    def take(self, timeout: float) -> Event | None:
        """The next event; None where none comes in so many seconds."""
        ...


@dataclasses.dataclass
class BrowserRun:
    """What a browser did.

    Attributes:
        facts: What it tells of itself.
        answers: One for each request that it has done.
    """

    facts: Mapping[str, str]
    answers: list[WebAnswer] = dataclasses.field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is, in words."""
        phone = self.facts.get("model") or self.facts.get("system")
        browser = self.facts.get("browser", "a browser")
        return f"{browser} on {phone}" if phone else browser

    @property
    def machine(self) -> dict[str, str]:
        """The same facts, with what every machine tells: browsers hide the processor."""
        system = self.facts.get("system", "unknown")
        cores = {name: fact for name, fact in self.facts.items() if name == "cores"}
        told = {"processor": f"in {self.name}", **cores, "system": system}
        # In the order in which every machine tells them.
        return {**told, **self.facts, **told}


@dataclasses.dataclass
class _Follower:
    """A browser while it works."""

    run: BrowserRun
    sign: float
    done: int = 0
    end: str = ""


class Gathering:
    """Follows browsers through a job.

    Args:
        job: What they do.
        wanted: How many browsers are waited for; others that came meanwhile are waited for too.
        patience: Seconds for which nobody may open the page, and a browser give no sign.
        where: What messages call them.
        watch: Is asked now and then, and raises where it is of no use to wait any longer.
        clock: Gives seconds.
    """

    def __init__(
        self,
        job: WebJob,
        wanted: int,
        patience: float,
        where: str,
        watch: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job, self._wanted, self._patience = job, wanted, patience
        self._where, self._watch, self._clock = where, watch, clock
        self._followed: dict[int, _Follower] = {}
        self._units = [_units(job, number) for number in range(len(job.requests))]

    def follow(self, source: Source, description: str, progress: Progress) -> list[BrowserRun]:
        """What all browsers answered, once they are through.

        Raises:
            TargetError: Nobody opened the page, or one left it, fell silent or gave no answer.
        """
        total = sum(self._units) * self._wanted
        with progress.step(description, total) as advance:
            self._begun = self._clock()
            while not self._is_through():
                event = source.take(POLL_S)
                if event is not None:
                    self._note(event, advance, progress)
                self._watch()
                self._end_silent()
                if not self._is_through():
                    self._hold_hope()
        finished = [one.run for one in self._followed.values() if self._is_done(one)]
        for one in self._followed.values():
            if one.end:
                progress.note(f"{self._where}: {one.run.name}: {one.end}; its answers are left out")
        return finished

    def _note(self, event: Event, advance: Advance, progress: Progress) -> None:
        """Takes an event in."""
        if isinstance(event, Refused):
            progress.note(f"refused: {event.address}: {event.reason}")
            return
        if isinstance(event, Opened):
            run = BrowserRun(event.machine)
            self._followed[event.browser] = _Follower(run, self._clock())
            progress.tell(f"{self._where}: {run.name} opened the page")
            return
        follower = self._followed[event.browser]
        if follower.end:
            # What was given up is not taken up again: its answers are left out.
            return
        follower.sign = self._clock()
        answers = follower.run.answers
        if isinstance(event, Gone):
            if not self._is_done(follower):
                follower.end = "the page was closed before it was through"
            return
        if event.request != len(answers):
            return
        before = sum(self._units[: len(answers)])
        if isinstance(event, Answered):
            answers.append(parse_answer(event.content, f"{self._where}: {follower.run.name}"))
            self._advance(follower, before + self._units[event.request], advance)
        elif isinstance(event, Progressed):
            done = min(event.done, self._units[event.request])
            self._advance(follower, before + done, advance)

    def _advance(self, follower: _Follower, done: int, advance: Advance) -> None:
        if done > follower.done:
            advance(done - follower.done)
            follower.done = done

    def _is_done(self, follower: _Follower) -> bool:
        return len(follower.run.answers) == len(self._job.requests)

    def _is_through(self) -> bool:
        """Whether enough browsers are done, and none is at work."""
        at_work = [one for one in self._followed.values() if not one.end and not self._is_done(one)]
        done = [one for one in self._followed.values() if self._is_done(one)]
        return len(done) >= self._wanted and not at_work

    def _end_silent(self) -> None:
        """Gives up browsers that are silent."""
        now = self._clock()
        for one in self._followed.values():
            if not one.end and not self._is_done(one) and now - one.sign > self._patience:
                one.end = f"gave no sign for {self._patience:g} s"

    def _hold_hope(self) -> None:
        """Holds that somebody is at work, or may still open the page.

        Raises:
            TargetError: Nobody is, and nobody came.
        """
        now = self._clock()
        if self._followed and all(one.end for one in self._followed.values()):
            last = max(self._followed.values(), key=lambda one: one.sign)
            if now - last.sign <= RELOAD_S:
                return
            raise TargetError(f"{self._where}: {last.run.name}: {last.end}; open it once more")
        signs = [self._begun, *(one.sign for one in self._followed.values())]
        if now - max(signs) > self._patience:
            count = sum(map(self._is_done, self._followed.values()))
            raise TargetError(
                f"{self._where}: {count} of {self._wanted} browsers opened the page and were"
                f" through within {self._patience:g} s; open its address in one, or ask for fewer"
            )


def _units(job: WebJob, number: int) -> int:
    """Inferences of a request, as the page counts them."""
    task = job.requests[number]
    if isinstance(task, CheckTask):
        return len(task.files) * task.images.shape[0]
    return task.rounds if isinstance(task, TimeTask) else 1
