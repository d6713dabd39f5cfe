"""Which parts of an ExecuTorch program its backend runs."""

from __future__ import annotations

from pathlib import Path

from ..residency import OpRecord, Residency
from .program import DelegateCall, read_program


def residency(path: Path, threads: int = 1) -> Residency:
    """What was delegated when the program was made; it does not depend on the machine.

    Raises:
        ArtifactError: The file cannot be read.
    """
    program = read_program(path)
    ops: list[OpRecord] = []
    for number, call in enumerate(program.calls):
        if isinstance(call, str):
            ops.append(OpRecord(call, f"instruction {number}", delegated=False))
            continue
        # Other backends' payloads are not read; the call itself stands for their ops.
        nodes = call.nodes or (call.backend,)
        ops += [OpRecord(kind, f"delegate {number}", delegated=True) for kind in nodes]
    return Residency(
        delegate=", ".join(program.backends) or "none",
        ops=tuple(ops),
        partitions=sum(isinstance(call, DelegateCall) for call in program.calls),
    )
