"""Certificates that are made for a run."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import re
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge.errors import MissingDependencyError
from lowformer_edge.targets.web.address import LOOPBACK, Address
from lowformer_edge.targets.web.certificate import make_certificate
from lowformer_edge.targets.web.server import PageServer

ADDRESS = Address("127.0.0.2", names=("desk", "desk.local"))


def test_without_trustme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(MissingDependencyError, match=r"install lowformer-edge\[web\]"):
        make_certificate(LOOPBACK)


def test_what_is_served_has_the_fingerprint_that_is_told() -> None:
    pytest.importorskip("trustme", reason="trustme is not installed")
    from cryptography import x509

    certificate = make_certificate(ADDRESS)
    assert re.fullmatch("[0-9A-F]{2}(:[0-9A-F]{2}){31}", certificate.fingerprint)
    with PageServer({}, [], ADDRESS, certificate) as server:
        served = ssl.get_server_certificate((ADDRESS.host, server.port), timeout=10)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(served)).hexdigest()
    assert certificate.fingerprint.replace(":", "").lower() == digest
    read = x509.load_pem_x509_certificate(served.encode())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"desk", "desk.local", "localhost"}
    assert ipaddress.ip_address(ADDRESS.host) in names.get_values_for_type(x509.IPAddress)
    now = datetime.datetime.now(datetime.UTC)
    assert read.not_valid_before_utc < now < read.not_valid_after_utc
    assert read.not_valid_after_utc - read.not_valid_before_utc <= datetime.timedelta(days=4)


def test_the_key_is_a_moment_in_a_private_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("trustme", reason="trustme is not installed")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    load, modes = ssl.SSLContext.load_cert_chain, []

    def noted(context: ssl.SSLContext, path: Any) -> None:
        modes.append(Path(path).parent.stat().st_mode & 0o777)
        load(context, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noted)
    first, second = (make_certificate(LOOPBACK) for _ in range(2))
    assert modes == [0o700] * 2
    assert not list(tmp_path.iterdir())
    assert first.fingerprint != second.fingerprint
