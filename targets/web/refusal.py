"""Requests that are not done."""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):  # noqa: N818 - the client's error
    """Ends a request with a status, and with nothing else for whoever asked.

    Attributes:
        status: That is sent.
        reason: What whoever runs the server should know, in a line without anything of the
            client's; None where it says nothing to them.
    """

    def __init__(self, status: HTTPStatus, reason: str | None = None) -> None:
        super().__init__(reason or status.phrase)
        self.status, self.reason = status, reason
