"""What comes from browsers that opened the page, and from whoever else reaches its server."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Opened:
    """A browser opened the page.

    Attributes:
        browser: Its number, from 0 in the order in which they came.
        machine: What it tells of itself, as text that can be shown.
    """

    browser: int
    machine: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Progressed:
    """A browser has come further with a request; what it told before is overtaken.

    Attributes:
        browser: Its number.
        request: The request's.
        done: Units that are done of it.
    """

    browser: int
    request: int
    done: int


@dataclasses.dataclass(frozen=True)
class Answered:
    """A browser's only answer to a request.

    Attributes:
        browser: Its number.
        request: The request's.
        content: As it came: nothing is known of it but that it is not larger than it may be.
    """

    browser: int
    request: int
    content: bytes


@dataclasses.dataclass(frozen=True)
class Gone:
    """A browser left the page; nothing more comes from it."""

    browser: int


@dataclasses.dataclass(frozen=True)
class Refused:
    """Something that was asked of the server and not done.

    Attributes:
        address: Who asked.
        reason: What was wrong, in a line of this package's own words.
    """

    address: str
    reason: str


Event = Opened | Progressed | Answered | Gone | Refused
