"""Where the page is served."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import re
import socket
import struct
import sys
from collections.abc import Iterator

from ...errors import UsageError
from ...process.text import printable

LOCAL_NAMES = ("localhost", "127.0.0.1")
"""By which this machine reaches itself, and a phone this machine by way of adb."""

_ANYWHERE = ("192.0.2.1", 9)
"""An address that nobody has, to ask the system which way it would go there."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

_SIOCGIFADDR = 0x8915
"""Linux's request for the address of an interface, see ``netdevice(7)``."""


@dataclasses.dataclass(frozen=True)
class Address:
    """One address of this machine.

    Attributes:
        host: The IPv4 address that is listened on, and nothing else.
        port: 0 takes any that is free.
        names: By which it is reached as well, such as the machine's in the local network.
    """

    host: str
    port: int = 0
    names: tuple[str, ...] = ()

    def authorities(self, scheme: str) -> frozenset[str]:
        """What requests to it may say in their ``Host``; the port must be known."""
        hosts = {name.lower() for name in (self.host, *self.names, *LOCAL_NAMES)}
        shown = {f"{host}:{self.port}" for host in hosts}
        return frozenset(shown | hosts if self.port == _PORTS[scheme] else shown)


LOOPBACK = Address("127.0.0.1")
"""This machine alone."""

_PORTS = {"http": 80, "https": 443}


def network_address(chosen: str = "", port: int = 0) -> Address:
    """The address by which others in the local network reach this machine.

    Args:
        chosen: One of several that it has; empty for the one of its usual way out.
        port: 0 takes any that is free.

    Raises:
        UsageError: It has none, or not that one.
    """
    own = network_addresses()
    if not own:
        raise UsageError("this machine is in no network that has IPv4; connect it to one")
    if chosen and chosen not in own:
        raise UsageError(
            f"{printable(chosen)} is no address of this machine; it has {', '.join(own)}"
        )
    return Address(chosen or own[0], port, _own_names())


def network_addresses() -> list[str]:
    """IPv4 addresses of this machine in networks, that of its usual way out first."""
    addresses = dict.fromkeys([*_usual_address(), *_interface_addresses()])
    return [one for one in addresses if _is_in_network(ipaddress.ip_address(one))]


def _usual_address() -> Iterator[str]:
    """The address that the system would take to go anywhere; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(_ANYWHERE)
        yield probe.getsockname()[0]


def _interface_addresses() -> Iterator[str]:
    """The address of each interface, where the system is known to tell them."""
    if sys.platform != "linux":
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # most of them have none
                asked = struct.pack("40s", name.encode()[:15])
                yield socket.inet_ntoa(fcntl.ioctl(probe, _SIOCGIFADDR, asked)[20:24])


def _is_in_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _own_names() -> tuple[str, ...]:
    """What this machine is called in a network: by its router, and by itself."""
    name = socket.gethostname().partition(".")[0]
    return (name, f"{name}.local") if _NAME.fullmatch(name) else ()
