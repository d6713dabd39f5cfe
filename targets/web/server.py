"""The server of the page: what it serves, and what comes back from browsers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from ...errors import UsageError
from ...process.text import printable
from .address import LOOPBACK, Address
from .certificate import Certificate
from .events import Event
from .listener import Listener
from .site_files import SiteFiles


class PageServer:
    """Serves the page while its context lasts, below an address that nobody can guess.

    Nothing that clients do raises anything, prints anything, or keeps the context from ending.

    Args:
        files: What is served, files or contents, by exact paths such as ``index.html`` and
            ``files/0/demo-fp32.tflite``.
        largest_answers: Bytes of the answer to each request, by the request's number.
        address: Where; this machine alone by default.
        certificate: What encrypts; None serves without.

    Raises:
        UsageError: The address cannot be listened on.
    """

    def __init__(
        self,
        files: Mapping[str, Path | bytes],
        largest_answers: Sequence[int],
        address: Address = LOOPBACK,
        certificate: Certificate | None = None,
    ) -> None:
        self._files, self._largest_answers = SiteFiles(files), largest_answers
        self._address, self._certificate = address, certificate

    def __enter__(self) -> PageServer:
        address, certificate = self._address, self._certificate
        tls = None if certificate is None else certificate.context
        try:
            self._listener = Listener(address, self._files, self._largest_answers, tls)
        except OSError as error:
            port = f" port {address.port}" if address.port else ""
            raise UsageError(
                f"the page cannot be served at {address.host}{port} ({printable(str(error))});"
                " choose another address"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()

    @property
    def port(self) -> int:
        """That is listened on."""
        return self._listener.server_address[1]

    @property
    def url(self) -> str:
        """The page's address, which is its own key."""
        service = self._listener.service
        return f"{service.scheme}://{self._address.host}:{self.port}/{service.token}/"

    def take(self, timeout: float) -> Event | None:
        """What has come and waited longest; None where nothing comes in so many seconds."""
        return self._listener.service.inbox.take(timeout)

    def dismiss(self, browser: int) -> None:
        """Takes nothing more of a browser, and another one in its place."""
        self._listener.service.browsers.remove(browser)
