"""Events on their way from the server's threads to whoever waits for them."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable

from ...process.limits import LARGEST_ANSWERS
from .events import Answered, Event, Gone, Progressed, Refused

MOST_EVENTS = 256
"""That wait; what a browser tells of its progress takes the place of what it told before."""

MOST_REFUSALS = 10
"""That are told in :data:`REFUSALS_S`; the others are forgotten."""

REFUSALS_S = 60.0
"""For how long the same refusal of the same address is not told again."""


class Inbox:
    """A queue of few events and few bytes, which one side fills and the other empties.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._events: collections.deque[Event] = collections.deque()
        self._filled = threading.Condition()
        self._reserved = 0
        self._refusals: dict[tuple[str, str], float] = {}
        self._is_closed = False

    def reserve(self, size: int) -> bool:
        """Whether there is room for an answer of so many bytes, which is then kept for it.

        One that is alone is always taken, so that every size that was allowed can come.
        """
        with self._filled:
            if self._is_closed or (self._reserved and self._reserved + size > LARGEST_ANSWERS):
                return False
            self._reserved += size
            return True

    def release(self, size: int) -> None:
        """Gives back the room of an answer that did not come."""
        with self._filled:
            self._reserved -= size

    def put(self, event: Event) -> bool:
        """Whether there was room for an event, which is then waiting.

        There always is for the news that a browser left, which it tells once and never again.
        """
        with self._filled:
            if self._is_closed:
                return False
            if isinstance(event, Progressed) and self._overtake(event):
                return True
            if len(self._events) >= MOST_EVENTS and not isinstance(event, Gone):
                return False
            self._events.append(event)
            self._filled.notify()
            return True

    def put_refusal(self, address: str, reason: str) -> None:
        """Tells of a refusal, unless there were many, or just the same, a moment ago."""
        now = self._clock()
        with self._filled:
            recent = {key: at for key, at in self._refusals.items() if now - at < REFUSALS_S}
            self._refusals = recent
            if (address, reason) in recent or len(recent) >= MOST_REFUSALS:
                return
            recent[address, reason] = now
        self.put(Refused(address, reason))

    def take(self, timeout: float) -> Event | None:
        """The event that has waited longest; None where none comes in so many seconds."""
        with self._filled:
            if not self._filled.wait_for(lambda: self._events or self._is_closed, timeout):
                return None
            if not self._events:
                return None
            event = self._events.popleft()
            if isinstance(event, Answered):
                self._reserved -= len(event.content)
            return event

    def close(self) -> None:
        """Takes nothing more; what waits can still be taken."""
        with self._filled:
            self._is_closed = True
            self._filled.notify_all()

    def _overtake(self, event: Progressed) -> bool:
        """Whether older progress was waiting, whose place this one now has."""
        for place, waiting in enumerate(self._events):
            if isinstance(waiting, Progressed) and (waiting.browser, waiting.request) == (
                event.browser,
                event.request,
            ):
                self._events[place] = event
                return True
        return False
