"""The lab command, called as a user calls it, without building anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowformer_edge.cli.lab import main
from lowformer_edge.lab.debian import MIRROR_VARIABLE
from lowformer_edge.lab.place import VARIABLE, new_lab


@pytest.fixture(autouse=True)
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "labs"))
    monkeypatch.setenv(MIRROR_VARIABLE, f"file:{tmp_path}/nothing")
    return tmp_path / "labs"


def test_what_is_there_is_not_built_again(labs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    versions = {"qemu-user": "10"}
    with new_lab("arm", versions):
        pass
    assert main(["arm", "--json", "--quiet"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out) == {"arm": {"folder": str(labs / "arm"), "versions": versions}}
    assert err == ""
    assert main(["arm"]) == 0
    assert capfd.readouterr().out == f"arm: {labs / 'arm'}\n"


def test_removing(labs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with new_lab("gpu", {}):
        pass
    assert main(["gpu", "arm", "--remove", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["gpu"]["removed"], found["arm"]["removed"]) == (True, False)
    assert not (labs / "gpu").exists()


def test_one_that_cannot_be_built(labs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with new_lab("gpu", {"older": "1"}):
        pass
    assert main(["gpu", "--force", "--quiet"]) == 2
    err = capfd.readouterr().err
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert main(["gpu", "--json"]) == 0
    assert "older" in capfd.readouterr().out


def test_an_unknown_one(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["npu"]) == 2
    assert "invalid choice: 'npu'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        ("arm", "needs cc; install gcc and libc6-dev"),
        ("android", "needs npm; install npm"),
        ("web", "needs npm; install npm"),
    ],
)
def test_a_program_that_is_missing_is_named_before_anything_is_fetched(
    lab: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([lab, "--quiet"]) == 2
    assert capfd.readouterr().err == f"error: the {lab} lab {said}\n"
