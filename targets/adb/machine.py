"""What phone this is, for figures that depend on it."""

from __future__ import annotations

import re

from ...process.text import whole_number
from .device import AdbDevice
from .protocol import throttling

_PROPERTY = re.compile(r"\[(?P<name>[^\]]+)\]: \[(?P<value>[^\]]*)\]")
_THERMAL = re.compile(r"Thermal Status: (?P<status>[0-9]{1,9})\b")


def describe_device(device: AdbDevice) -> dict[str, str]:
    """Model, processor, Android, battery and throttling, without the serial number.

    Raises:
        TargetError: The device is gone.
    """
    properties = {
        match["name"]: match["value"] for match in _PROPERTY.finditer(device.shell("getprop")[1])
    }

    def first(*names: str) -> str:
        return next((properties[name] for name in names if properties.get(name)), "unknown")

    maker = properties.get("ro.soc.manufacturer", "")
    soc = first("ro.soc.model", "ro.board.platform", "ro.hardware")
    android = f"Android {first('ro.build.version.release')} (API {first('ro.build.version.sdk')})"
    machine = {
        "processor": f"{maker} {soc}".strip(),
        "system": f"{android} {first('ro.product.cpu.abi')}",
        "model": f"{first('ro.product.manufacturer')} {first('ro.product.model')}",
    }
    return machine | device_state(device)


def device_state(device: AdbDevice) -> dict[str, str]:
    """Battery and throttling, as far as the device tells.

    Raises:
        TargetError: The device is gone.
    """
    state = {}
    lines = device.shell("dumpsys battery")[1].splitlines()
    named = (line.partition(":") for line in lines)
    battery = {name.strip(): value.strip() for name, _, value in named}
    level, tenths = (whole_number(battery.get(name, "")) for name in ("level", "temperature"))
    if level is not None:
        state["battery"] = f"{level} %"
    if tenths is not None:
        state["battery temperature"] = f"{tenths / 10:.1f} °C"
    powered = [name for name, value in battery.items() if name.endswith("powered")]
    if powered:
        state["charging"] = "yes" if any(battery[name] == "true" for name in powered) else "no"
    match = _THERMAL.search(device.shell("dumpsys thermalservice")[1])
    if match:
        state["throttling"] = throttling(int(match["status"]))
    return state
