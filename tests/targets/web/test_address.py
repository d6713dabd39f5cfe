"""The addresses at which the page can be served."""

from __future__ import annotations

import ipaddress
import re
import socket

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.targets.web import address
from lowformer_edge.targets.web.address import Address, network_address, network_addresses

BOTH = ["10.0.0.5", "192.168.1.23"]


def test_addresses_of_networks_are_those_that_can_be_listened_on() -> None:
    for own in network_addresses():
        assert not ipaddress.ip_address(own).is_loopback
        with socket.create_server((own, 0)):
            pass


def test_each_is_listed_once_and_the_usual_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = ["127.0.0.1", "192.168.1.23", "169.254.3.4", "10.0.0.5"]
    monkeypatch.setattr(address, "_usual_address", lambda: iter(["10.0.0.5"]))
    monkeypatch.setattr(address, "_interface_addresses", lambda: iter(interfaces))
    assert network_addresses() == BOTH


def test_one_of_several_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "network_addresses", lambda: BOTH)
    monkeypatch.setattr(socket, "gethostname", lambda: "desk.example.org")
    names = ("desk", "desk.local")
    assert network_address() == Address("10.0.0.5", 0, names)
    assert network_address("192.168.1.23", 8000) == Address("192.168.1.23", 8000, names)
    with pytest.raises(UsageError, match=re.escape("it has 10.0.0.5, 192.168.1.23")):
        network_address("192.168.1.24")


def test_a_name_that_no_certificate_takes_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "network_addresses", lambda: BOTH)
    for name in ("my_desk", "", "-", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}ro", "a" * 64):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        assert network_address().names == ()


def test_a_machine_without_networks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "network_addresses", list)
    with pytest.raises(UsageError, match="in no network that has IPv4; connect it to one"):
        network_address()


@pytest.mark.parametrize(
    ("scheme", "port", "asked", "taken"),
    [
        ("http", 8000, "desk:8000", True),
        ("http", 8000, "127.0.0.1:8000", True),
        ("http", 8000, "10.0.0.5", False),
        ("http", 8000, "desk.test:8000", False),
        ("http", 80, "10.0.0.5", True),
        ("https", 80, "10.0.0.5", False),
        ("https", 443, "localhost", True),
    ],
)
def test_what_hosts_are_taken(scheme: str, port: int, asked: str, taken: bool) -> None:
    served = Address("10.0.0.5", port, ("Desk", "desk.local"))
    assert (asked in served.authorities(scheme)) == taken
