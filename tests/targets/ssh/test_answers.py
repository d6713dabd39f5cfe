"""What a host answers in place of what it was asked."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.targets.ssh import session as ssh

from ...fuzz import ssh_stand_in

GREETING = {"token": "@token@", "missing": []}
DONE: list[Any] = [GREETING, {"ended": 0, "said": ""}]


def answered(
    stream: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    afterwards: str = "close",
    patience: float = 60.0,
) -> Path:
    """Has a module run by a host that answers with a stream; where its files come to."""
    (tmp_path / "stream").write_bytes(line({"afterwards": afterwards}) + stream)
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    source = Path(str(ssh_stand_in.__file__))
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -S -E {source} {tmp_path}/stream\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    folder = tmp_path / "folder"
    folder.mkdir()
    ssh.run_module(
        ssh.SshHost("pi"),
        "json.tool",
        folder,
        {},
        total=8,
        needed={},
        wished=[],
        progress=SilentProgress(),
        patience=patience,
    )
    return folder


def line(content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


def lines(*contents: Any) -> bytes:
    return b"".join(map(line, contents))


def test_an_answer_that_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = lines({"file": "a/x.json", "bytes": 2}) + b"{}" + line({"file": None})
    folder = answered(lines(*DONE) + left, tmp_path, monkeypatch)
    assert (folder / "a" / "x.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (lines({"token": "@token@"}), "missing: Field required"),
        (lines({"token": "@token@", "missing": 3}), "missing: Input should be a valid"),
        (lines(GREETING, {"x": 1}), "a report of x"),
        (lines(GREETING, 7), "holds no object: b'7"),
        (lines(GREETING) + b"[" * 5000 + b"\n", "nested too deeply"),
        (lines(GREETING) + b"\xff\n", "can't decode byte"),
        (lines(GREETING, {"line": 3}), "line: Input should be a valid string"),
        (lines(GREETING, {"ended": 0}), "said: Field required"),
        (lines(GREETING) + b"x" * (2 << 20), "more than 1048576 bytes"),
        (lines(*DONE, {"bytes": 3}), "a file has a name and a size"),
        (lines(*DONE, {"file": "x", "bytes": -1}), "'x' has -1 bytes"),
        (lines(*DONE, {"file": "x", "bytes": 1 << 50}), "'x' has 1125899906842624 bytes"),
        (lines(*DONE, {"file": "x", "bytes": True}), "'x' has True bytes"),
        (lines(*DONE, {"file": "../x", "bytes": 0}), "'../x' leads out of the folder"),
        (lines(*DONE, {"file": "", "bytes": 0}), "'' leads out of the folder"),
        (lines(*DONE, {"file": 3, "bytes": 0}), "3 is no name of a file"),
        (lines(*DONE, *[{"file": "x", "bytes": 0}] * 2), "'x' comes twice"),
    ],
)
def test_strange_answers_are_told(
    stream: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TargetError, match="answers what nobody asked for") as caught:
        answered(stream, tmp_path, monkeypatch)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "stream",
    [
        b"Welcome",
        lines(GREETING) + b'{"line": "',
        lines(*DONE, {"file": "x", "bytes": 1000}),
    ],
    ids=["greeting", "a line without an end", "a file"],
)
def test_a_host_that_takes_its_time_is_given_up(
    stream: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TargetError, match="no progress for 1 s"):
        answered(stream, tmp_path, monkeypatch, "drip", patience=1.0)


def test_words_are_no_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The end of the stream, 64 bytes, is sent again and again.
    word = json.dumps({"line": "advance 0" + " " * 40}).encode().ljust(63) + b"\n"
    with pytest.raises(TargetError, match="no progress for 1 s"):
        answered(lines(GREETING) + word, tmp_path, monkeypatch, "endless", patience=1.0)


def test_a_login_shell_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TargetError, match="its login shell prints more than"):
        answered(b"Welcome\n", tmp_path, monkeypatch, "endless")


@pytest.mark.parametrize("code", [-9, -(10**9), 10**9])
def test_a_module_that_ends_as_nothing_does(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TargetError, match=r"the worker (was ended by|failed with)"):
        answered(lines(GREETING, {"ended": code, "said": "x"}), tmp_path, monkeypatch)
