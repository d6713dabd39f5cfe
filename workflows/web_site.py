"""A bundle as a page for browsers: a folder for any host, or served from here."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..artifact.bundle import Bundle, open_bundle
from ..artifact.formats import WEB_ACCELERATORS, WebAccelerator
from ..errors import UsageError
from ..progress import QUIET, Progress
from ..targets.web.bundle_site import ROUNDS, SiteChoice, site_parts
from ..targets.web.certificate import served_at
from ..targets.web.invitation import invitation, room_in
from ..targets.web.server import PageServer
from ..targets.web.site_folder import check_replaceable, write_site_folder
from .arguments import check_counts

ACCELERATORS: tuple[WebAccelerator, ...] = ("wasm", "webgpu")
MINUTES = 30.0
"""For how long a page is served at most."""

_POLL_S = 1.0


def write_web_site(
    bundle: str | Path | Bundle,
    output: str | Path,
    *,
    overwrite: bool = False,
    accelerators: Sequence[str] = ACCELERATORS,
    threads: Sequence[int] = (1,),
    rounds: int = ROUNDS,
    progress: Progress = QUIET,
) -> dict[str, int]:
    """Writes a static site that checks, times and tries a bundle in whatever browser opens it.

    Args:
        bundle: The bundle.
        output: The folder that takes the site.
        overwrite: Whether an older site there may be replaced.
        accelerators: What files are run on, of ``wasm``, ``webgpu`` and ``webgpu-fp16``.
        threads: Of each runtime on the processor, one number after the other.
        rounds: Timed runs of each file in each pass.
        progress: Is told about each step.

    Returns:
        Bytes of each of the site's files.

    Raises:
        ArtifactError: Something else is at ``output``, or it cannot be written.
        LabError: The web laboratory is missing.
        ManifestError: The bundle is damaged.
        UsageError: Browsers take none of the bundle's files, or a parameter is impossible.
    """
    folder = Path(output)
    check_replaceable(folder, overwrite=overwrite)
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    choice = _choice(accelerators, threads, rounds)
    with progress.step("writing the site"):
        parts = site_parts(opened, choice)
        write_site_folder(parts, folder)
    return {
        name: part.stat().st_size if isinstance(part, Path) else len(part)
        for name, part in parts.items()
    }


def serve_web_site(
    bundle: str | Path | Bundle,
    *,
    lan: bool = False,
    tls: bool = True,
    accelerators: Sequence[str] = ACCELERATORS,
    threads: Sequence[int] = (1,),
    rounds: int = ROUNDS,
    minutes: float = MINUTES,
    progress: Progress = QUIET,
) -> None:
    """Serves the same page from here until its time is over; Ctrl-C ends it before.

    Args:
        bundle: The bundle.
        lan: Whether the local network may open it, and not this machine alone.
        tls: Whether it is served there over https, with a certificate of its own.
        accelerators: See :func:`write_web_site`; ``threads`` and ``rounds`` likewise.
        threads: Likewise.
        rounds: Likewise.
        minutes: For how long.
        progress: Is told where the page is.

    Raises:
        LabError: The web laboratory is missing.
        ManifestError: The bundle is damaged.
        MissingDependencyError: What the local network needs is not installed.
        UsageError: See :func:`write_web_site`; or this machine is in no network.
    """
    if not 0 < minutes < float("inf"):
        raise UsageError("`minutes` must be above 0")
    opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    parts = site_parts(opened, _choice(accelerators, threads, rounds))
    address, certificate = served_at(lan=lan, tls=tls)
    with PageServer(parts, (), address, certificate) as server:
        fingerprint = certificate.fingerprint if certificate else None
        progress.ask("\n".join(invitation(server.url, fingerprint, room_in(sys.stderr))))
        until = time.monotonic() + 60 * minutes
        with progress.step(f"serving for {minutes:g} minutes; Ctrl-C ends it"):
            while time.monotonic() < until:
                server.take(_POLL_S)


def _choice(accelerators: Sequence[str], threads: Sequence[int], rounds: int) -> SiteChoice:
    """What a site does.

    Raises:
        UsageError: There is no such accelerator, or a number is too small.
    """
    check_counts(rounds=rounds)
    for count in threads:
        check_counts(threads=count)
    chosen = tuple(one for one in WEB_ACCELERATORS if one in accelerators)
    strangers = [one for one in accelerators if one not in WEB_ACCELERATORS]
    if strangers or not chosen or not threads:
        raise UsageError(
            f"`accelerators` are one or several of {', '.join(WEB_ACCELERATORS)}, not"
            f" {', '.join(accelerators) or 'none'}"
        )
    return SiteChoice(chosen, tuple(dict.fromkeys(threads)), rounds)
