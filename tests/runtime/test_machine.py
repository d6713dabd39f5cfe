from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lowformer_edge.runtime import machine
from lowformer_edge.runtime.machine import describe_machine


def test_the_machine_is_described_without_its_name() -> None:
    found = describe_machine()
    assert int(found["cores"]) <= (os.cpu_count() or 1)
    assert found["processor"]
    assert socket.gethostname() not in " ".join(found.values())


def test_a_board_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "BOARD", tmp_path / "model")
    assert "board" not in describe_machine()
    (tmp_path / "model").write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    assert describe_machine()["board"] == "Raspberry Pi 5 Model B Rev 1.0"
