"""Targets by the names that they have on a command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import UsageError
from ..judging.links import HOST
from .adb.target import AdbTarget
from .arm import ArmTarget
from .gpu import GpuTarget
from .host import HostTarget
from .npu.target import NpuTarget
from .ssh.target import SshTarget
from .target import Target

_OPENED: Mapping[str, Callable[[str], Target]] = {
    GpuTarget.scheme: GpuTarget,
    ArmTarget.scheme: ArmTarget,
    NpuTarget.scheme: NpuTarget,
    SshTarget.scheme: SshTarget,
    AdbTarget.scheme: AdbTarget,
}
"""By the part of a name before the colon; what follows it is theirs to read."""


def open_target(name: str) -> Target:
    """The target of a name such as ``host``, ``gpu:fp16`` or ``ssh:pi@10.0.0.7``.

    Raises:
        UsageError: There is none of that name.
    """
    scheme, _, rest = name.partition(":")
    if name == HOST:
        return HostTarget()
    if scheme.startswith("adb?"):
        scheme, rest = AdbTarget.scheme, name.removeprefix(AdbTarget.scheme)
    if scheme in _OPENED:
        return _OPENED[scheme](rest)
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
