"""Targets by the names that they have on a command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..errors import UsageError
from ..judging.links import HOST
from ..process.names import different_names
from .adb.target import AdbTarget
from .arm import ArmTarget
from .gpu import GpuTarget
from .host import HostTarget
from .npu.target import NpuTarget
from .ssh.target import SshTarget
from .target import Target
from .web.target import WebTarget

_OPENED: Mapping[str, Callable[[str], Target]] = {
    GpuTarget.scheme: GpuTarget,
    ArmTarget.scheme: ArmTarget,
    NpuTarget.scheme: NpuTarget,
    SshTarget.scheme: SshTarget,
    AdbTarget.scheme: AdbTarget,
    WebTarget.scheme: WebTarget,
}
"""By the part of a name before the colon; what follows it is theirs to read."""

_SIMULATED = (GpuTarget.scheme, ArmTarget.scheme, NpuTarget.scheme)
"""Those whose choices are ours to name, in small letters; a host's or a file's name is its own."""


def open_target(name: str) -> Target:
    """The target of a name such as ``host``, ``gpu:fp16`` or ``ssh:pi@10.0.0.7``.

    Raises:
        UsageError: There is none of that name.
    """
    name = _spelled(name)
    if name == HOST:
        return HostTarget()
    scheme, rest = _split(name)
    if scheme in _OPENED:
        return _OPENED[scheme](rest.removeprefix(":"))
    raise UsageError(
        f"no target is called {name!r}; there are host, gpu[:fp16], npu:CHIP, arm:CPU,"
        " ssh:HOST, adb[:SERIAL] and web[:chromium|:adb|:lan]"
    )


def open_targets(names: str | Sequence[str]) -> list[Target]:
    """Targets of several names, see :func:`target_names`; the host first.

    Raises:
        UsageError: There is none of a name, or one is named in two ways.
    """
    targets = {}
    for name in dict.fromkeys([HOST, *target_names(names)]):
        target = open_target(name)
        if target.name in targets:
            raise UsageError(f"{target.name}: is given twice, with other settings; give it once")
        targets[target.name] = target
    return list(targets.values())


def target_names(names: str | Sequence[str]) -> list[str]:
    """Names of targets, each once and as :func:`open_target` spells them.

    Args:
        names: The names, or a text of them with commas between them.

    Raises:
        UsageError: The text names nothing.
    """
    texts = [names] if isinstance(names, str) else names
    return list(
        dict.fromkeys(_spelled(name) for text in texts for name in different_names(text, "on"))
    )


def _spelled(name: str) -> str:
    """A target's name as it is written, such as ``arm:cortex-a76`` for ``ARM:Cortex-A76``."""
    scheme, rest = _split(name)
    scheme = scheme.casefold()
    return scheme + (rest.casefold() if scheme in _SIMULATED else rest)


def _split(name: str) -> list[str]:
    """A target's scheme, and the rest with what it begins with: a colon, or a question mark."""
    return re.split(r"(?=[:?])|$", name, maxsplit=1)
