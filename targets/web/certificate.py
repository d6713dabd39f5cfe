"""A certificate for an address in the local network, made anew each time."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import ssl
import tempfile
from pathlib import Path

from ...errors import MissingDependencyError
from ...process.interrupt import deferred_interrupt
from .address import LOCAL_NAMES, LOOPBACK, Address, network_address

LASTS = datetime.timedelta(days=2)
"""Before and after now; clocks differ, and iPhones refuse what lasts for years."""


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate that nobody else signed, with its key.

    Attributes:
        context: Encrypts with it.
        fingerprint: Its SHA-256, as browsers show it.
    """

    context: ssl.SSLContext
    fingerprint: str


def make_certificate(address: Address) -> Certificate:
    """A certificate for an address and its names.

    Its key is on the disk for a moment, in a folder that no other user can enter.

    Raises:
        MissingDependencyError: trustme is not installed.
    """
    try:
        with deferred_interrupt():
            import trustme
    except ImportError as error:
        raise MissingDependencyError(
            "certificates need trustme, which is not installed; install lowformer-edge[web], or"
            " serve without https"
        ) from error
    now = datetime.datetime.now(datetime.UTC)
    names = (address.host, *address.names, *LOCAL_NAMES)
    issued = trustme.CA().issue_cert(*names, not_before=now - LASTS, not_after=now + LASTS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key-and-certificate.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(str(path))
        context.load_cert_chain(path)
    own = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    return Certificate(context, hashlib.sha256(own).digest().hex(":").upper())


def served_at(*, lan: bool, tls: bool) -> tuple[Address, Certificate | None]:
    """Where a page is served, and what encrypts it.

    Args:
        lan: Whether the local network may open it, and not this machine alone.
        tls: Whether it is encrypted there.

    Raises:
        MissingDependencyError: trustme is not installed.
        UsageError: This machine is in no network.
    """
    if not lan:
        return LOOPBACK, None
    address = network_address()
    return address, make_certificate(address) if tls else None
