"""Which browsers have the page open, what they have answered, and how often they post."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from .refusal import Refusal

MOST_BROWSERS = 8
"""That have the page open at once."""

MOST_OPENINGS = 64
"""Of the page in all, as it is opened anew when it is loaded again."""

POSTS_PER_S = 20.0
"""Of a browser, and of all that open the page together; :data:`MOST_AT_ONCE` apart."""

MOST_AT_ONCE = 40
"""Posts that may come at once after a while without any."""


class Rate:
    """How many posts may come.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left, self._at = float(MOST_AT_ONCE), clock()

    def admits(self) -> bool:
        """Whether one more may come now, which is then counted."""
        now = self._clock()
        self._left = min(MOST_AT_ONCE, self._left + (now - self._at) * POSTS_PER_S)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclasses.dataclass
class _Browser:
    rate: Rate
    is_gone: bool = False
    answering: set[int] = dataclasses.field(default_factory=set)
    answered: set[int] = dataclasses.field(default_factory=set)


class Browsers:
    """Every browser that opened the page, by number.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._openings = Rate(clock)
        self._browsers: list[_Browser] = []

    def check_opening(self) -> None:
        """Refuses a browser where too many come at once.

        Raises:
            Refusal: They do.
        """
        with self._lock:
            if not self._openings.admits():
                raise _too_many("opens the page too often")

    def add(self) -> int:
        """The number of a browser that opens the page.

        Raises:
            Refusal: There are too many.
        """
        with self._lock:
            if sum(not browser.is_gone for browser in self._browsers) >= MOST_BROWSERS:
                raise _too_many(
                    f"opens the page, which {MOST_BROWSERS} browsers have open; close it in one"
                )
            if len(self._browsers) >= MOST_OPENINGS:
                raise _too_many(
                    f"opens the page, which was opened {MOST_OPENINGS} times; start it anew"
                )
            self._browsers.append(_Browser(Rate(self._clock)))
            return len(self._browsers) - 1

    def check_post(self, number: int) -> None:
        """Refuses a post of a browser that is not there, or posts too often.

        Raises:
            Refusal: It is refused.
        """
        with self._lock:
            browser = self._present(number)
            if not browser.rate.admits():
                raise _too_many(f"posts more than {POSTS_PER_S:g} times a second")

    def begin_answer(self, number: int, request: int) -> None:
        """Notes that a browser's answer to a request is on its way.

        Raises:
            Refusal: One came already, or is on its way.
        """
        with self._lock:
            browser = self._present(number)
            if request in browser.answered:
                raise Refusal(HTTPStatus.CONFLICT, "answers a request a second time")
            if request in browser.answering:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE)
            browser.answering.add(request)

    def end_answer(self, number: int, request: int, *, came: bool) -> None:
        """Notes whether it came whole; otherwise it may be sent again."""
        with self._lock:
            browser = self._browsers[number]
            browser.answering.discard(request)
            if came:
                browser.answered.add(request)

    def remove(self, number: int) -> bool:
        """Whether a browser was there, of which nothing more is taken from now on.

        Raises:
            Refusal: There was never one of that number.
        """
        with self._lock:
            browser = self._known(number)
            was_there, browser.is_gone = not browser.is_gone, True
            return was_there

    def _known(self, number: int) -> _Browser:
        if not 0 <= number < len(self._browsers):
            raise Refusal(HTTPStatus.NOT_FOUND, "posts for a browser that did not open the page")
        return self._browsers[number]

    def _present(self, number: int) -> _Browser:
        browser = self._known(number)
        if browser.is_gone:
            raise Refusal(HTTPStatus.GONE, "posts for a browser that left the page")
        return browser


def _too_many(reason: str) -> Refusal:
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, reason)
