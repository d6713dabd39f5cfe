"""Targets by the names that they have on a command line."""

from __future__ import annotations

from ..errors import UsageError
from .arm_target import ArmTarget
from .gpu_target import GpuTarget
from .host_target import HostTarget
from .target import Target

HOST = HostTarget.name


def open_target(name: str) -> Target:
    """The target of a name such as ``host``, ``gpu:fp16`` or ``arm:cortex-a76``.

    Raises:
        UsageError: There is none of that name.
    """
    kind, _, rest = name.partition(":")
    if name == HOST:
        return HostTarget()
    if kind == "gpu":
        return GpuTarget(rest)
    if kind == "arm":
        return ArmTarget(rest)
    raise UsageError(f"no target is called {name!r}; there are host, gpu[:fp16] and arm:CPU")


def open_targets(names: str) -> list[Target]:
    """Targets of names with commas between them; the host first, and each once.

    Raises:
        UsageError: There is none of a name.
    """
    found = [HOST, *(name.strip() for name in names.split(",") if name.strip())]
    return [open_target(name) for name in dict.fromkeys(found)]
