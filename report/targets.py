"""The places that ran a bundle's files, and what their results stand for."""

from __future__ import annotations

import dataclasses
import re

from ..artifact.caveats import SOFTWARE_GPU, described_device
from ..judging.links import HOST
from .evidence import Evidence

EMULATED = "an emulated processor, whose results count and whose times do not"
SIMULATED = "Qualcomm's simulator of a phone's NPU, whose results count and whose times do not"
BROWSER = "a browser, whose results say nothing of an app, and whose times are not one's"


@dataclasses.dataclass(frozen=True)
class Place:
    """A place that ran files.

    Attributes:
        name: As it is written on a command line.
        machine: What it is.
        caveat: Why its results are not a phone's.
        is_phone: Whether it is one.
    """

    name: str
    machine: str
    caveat: str
    is_phone: bool = False


def places_of(evidence: Evidence) -> list[Place]:
    """Every place that ran files, the host first."""
    if evidence.verify is None:
        return [_host(evidence.manifest.machine)]
    return [
        _host(machine) if name == HOST else _elsewhere(name, machine, evidence)
        for name, machine in evidence.verify.targets.items()
    ]


def described_machine(machine: dict[str, str]) -> str:
    """A machine in a few words."""
    words = [machine.get("processor", ""), machine.get("system", "")]
    cores = machine.get("cores")
    if cores:
        words.insert(1, f"{cores} core{'' if cores == '1' else 's'}")
    return ", ".join(filter(None, words)) or "a machine that says nothing of itself"


def _host(machine: dict[str, str]) -> Place:
    return Place(HOST, described_machine(machine), "the machine itself, no phone")


def _elsewhere(name: str, machine: dict[str, str], evidence: Evidence) -> Place:
    assert evidence.verify is not None
    described = described_machine(machine)
    kind = re.split("[:? ]", name)[0]
    if kind == "arm":
        return Place(name, described, EMULATED)
    if kind == "npu":
        return Place(name, described, SIMULATED)
    if kind == "adb":
        return Place(name, described, "", is_phone=True)
    if kind == "web":
        return Place(name, described, BROWSER)
    if kind != "gpu":
        return Place(name, described, "another machine")
    devices = {
        (item.device, item.is_software, item.half)
        for item in evidence.verify.placed
        if item.target == name and item.device
    }
    if devices:
        described = "; ".join(
            described_device(device or "", is_software=False, half=half)
            for device, _, half in sorted(devices, key=str)
        )
    if any(is_software for _, is_software, _ in devices):
        return Place(name, described, SOFTWARE_GPU)
    return Place(name, described, "a GPU of the machine itself")
