"""What all connections have in common."""

from __future__ import annotations

import dataclasses

from .browsers import Browsers
from .inbox import Inbox
from .site_files import SiteFiles


@dataclasses.dataclass(frozen=True)
class Service:
    """What is served, who opened it, and where what comes is put.

    Attributes:
        files: What is served.
        largest_answers: Bytes of the answer to each request.
        scheme: ``http`` or ``https``.
        authorities: What requests may say in their ``Host``.
        token: What paths begin with.
        browsers: Those that opened the page.
        inbox: Takes what they post.
    """

    files: SiteFiles
    largest_answers: tuple[int, ...]
    scheme: str
    authorities: frozenset[str]
    token: str
    browsers: Browsers = dataclasses.field(default_factory=Browsers)
    inbox: Inbox = dataclasses.field(default_factory=Inbox)
