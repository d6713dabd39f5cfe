"""Targets by the names that they have on a command line."""

from __future__ import annotations

from ..errors import UsageError
from ..judging.links import HOST
from .adb.target import AdbTarget
from .arm import ArmTarget
from .gpu import GpuTarget
from .host import HostTarget
from .npu.target import NpuTarget
from .ssh.target import SshTarget
from .target import Target


def open_target(name: str) -> Target:
    """The target of a name such as ``host``, ``gpu:fp16`` or ``ssh:pi@10.0.0.7``.

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
    if kind == "npu":
        return NpuTarget(rest)
    if kind == "ssh":
        return SshTarget(rest)
    if kind == "adb":
        return AdbTarget(rest)
    if kind.startswith("adb?"):
        return AdbTarget(name.removeprefix("adb"))
    raise UsageError(
        f"no target is called {name!r}; there are host, gpu[:fp16], npu:CHIP, arm:CPU,"
        " ssh:HOST and adb[:SERIAL]"
    )


def open_targets(names: str) -> list[Target]:
    """Targets of names with commas between them; the host first, and each once.

    Raises:
        UsageError: There is none of a name, or one is named in two ways.
    """
    found = [HOST, *(name.strip() for name in names.split(",") if name.strip())]
    targets = {}
    for name in dict.fromkeys(found):
        target = open_target(name)
        if target.name in targets:
            raise UsageError(f"{target.name}: is given twice, with other settings; give it once")
        targets[target.name] = target
    return list(targets.values())
