"""Visitors: open the page as soon as a user is told where it is."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

from lowformer_edge.progress import SilentProgress

from .stand_in import StandInBrowser

Visit = Callable[[StandInBrowser], object]
"""What a browser does with the page."""


class Visitors(SilentProgress):
    """A user with browsers.

    Args:
        visits: One for each browser, which come one after the other.
        facts: What each tells of itself besides.
    """

    def __init__(self, *visits: Visit, facts: Sequence[dict[str, str]] = ()) -> None:
        self._visits, self._facts = visits, facts
        self._threads: list[threading.Thread] = []
        self.notes: list[str] = []
        self.jobs: list[dict[str, object]] = []

    def ask(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        if address := re.search(r"^http://\S+$", text, re.MULTILINE):
            told = [*self._facts, *({} for _ in self._visits[len(self._facts) :])]
            browsers = [
                StandInBrowser(address[0], {"browser": "Stand-in 1.0", "system": "Linux", **facts})
                for facts in told
            ]
            self.jobs += [browser.job for browser in browsers]
            for visit, browser in zip(self._visits, browsers, strict=True):
                thread = threading.Thread(target=visit, args=(browser,))
                thread.start()
                self._threads.append(thread)

    def note(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        self.notes.append(text)

    def wait(self) -> None:
        """Until all of them are gone."""
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive()
