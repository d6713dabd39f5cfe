"""Measuring in processes of their own, one after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, TypeVar

from ... import errors
from ...artifact.results.browser import BrowserResult
from ...artifact.results.phone import PhoneResult
from ...errors import CheckError, LowFormerEdgeError
from ...process.watch import Watch
from .request import Answer, FirstRunRequest, Request


def started(module: str) -> tuple[str, ...]:
    """What starts a worker that is a module."""
    return (sys.executable, "-m", module)


MEASURING = "lowformer_edge.runtime.work.measuring"
"""The module of a worker that measures."""

HERE = started(MEASURING)
SomeAnswer = TypeVar("SomeAnswer", bound=Answer)


@dataclasses.dataclass(frozen=True)
class Measured:
    """What was measured on one machine.

    Attributes:
        machine: Which it is.
        answers: One for each request, in their order.
        doubts: Why the place itself holds that its times mean nothing, a line each.
        phone: What it tells besides, where it is a phone.
        browser: The same, where it is a browser.
    """

    machine: dict[str, str]
    answers: list[Answer]
    doubts: tuple[str, ...] = ()
    phone: PhoneResult | None = None
    browser: BrowserResult | None = None

    def of(self, answer: type[SomeAnswer]) -> list[SomeAnswer]:
        """The answers of one type, in order."""
        return [one for one in self.answers if isinstance(one, answer)]


def ask(request: Request, command: Sequence[str] = HERE) -> Any:
    """Has something done by a worker in a process of its own, and waits for it.

    Ctrl-C ends the worker at once; if this process is killed, the worker notices and ends.

    Args:
        request: What is to be done.
        command: What starts a worker that does such requests.

    Raises:
        LowFormerEdgeError: What the worker raised, as if it had been raised here.
        CheckError: The worker ended, or was ended, without an answer; the file that it is due to
            is named.
    """
    try:
        return _ask(request, command)
    except _DeathError as death:
        raise CheckError(_blamed(request, death)) from death


class _DeathError(Exception):
    """A worker ended without an answer."""


def _blamed(request: Request, death: _DeathError) -> str:
    """What is said of a death, with the first file that ends a worker by itself."""
    if len(request.files) == 1:
        return f"{request.files[0]}: {death}"
    for path in request.files:
        try:
            _ask(FirstRunRequest(files=(path,), threads=request.threads), HERE)
        except _DeathError as alone:
            return f"{path}: {alone}"
        except LowFormerEdgeError:
            continue
    return str(death)


def _ask(request: Request, command: Sequence[str]) -> Any:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as chatter:
        # A session of its own: Ctrl-C in the terminal reaches this process only, which ends it.
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=chatter,
            encoding="utf-8",
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with Watch(request.longest_s, process.kill) as watch:
                process.stdin.write(request.model_dump_json() + "\n")
                process.stdin.flush()
                text = process.stdout.read()
                process.wait()
        except BrokenPipeError:
            text = ""
            process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if watch.is_over:
            raise _DeathError(
                f"the process that ran the files {watch.how()}; they are damaged, or more than this"
                " machine can do"
            )
        chatter.seek(0)
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise _DeathError(_end_of(process.returncode, chatter.read())) from error
    if "error" in answer:
        raise _error_of(**answer["error"])
    return request.read(answer["result"])


def _error_of(kind: str, message: str) -> LowFormerEdgeError:
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, LowFormerEdgeError):
        return found(message)
    return LowFormerEdgeError(message)


def _end_of(code: int, chatter: str) -> str:
    """How a worker ended that gave no answer."""
    if code < 0:
        return (
            f"the process that ran the files was ended by {signal.Signals(-code).name}; they are"
            " damaged, or there was not enough memory"
        )
    lines = [line.strip() for line in chatter.splitlines() if line.strip()]
    return f"the process that ran the files failed: {lines[-1] if lines else f'exit code {code}'}"
