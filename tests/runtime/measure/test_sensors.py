from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.runtime.measure import sensors
from lowformer_edge.runtime.measure.sensors import Reading, read_sensors


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sensors, "_CPUS", tmp_path / "cpu")
    monkeypatch.setattr(sensors, "_ZONES", tmp_path / "thermal")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_the_fastest_core_and_the_hottest_zone_count(system: Path) -> None:
    write(system / "cpu/cpu0/cpufreq/scaling_cur_freq", "1800000\n")
    write(system / "cpu/cpu11/cpufreq/scaling_cur_freq", "2400000\n")
    write(system / "thermal/thermal_zone0/temp", "48250\n")
    write(system / "thermal/thermal_zone1/temp", "61000\n")
    assert read_sensors() == Reading(2400, 61)


def test_sensors_that_say_nonsense_or_nothing_do_not_count(system: Path) -> None:
    assert read_sensors() == Reading(None, None)
    write(system / "cpu/cpu0/cpufreq/scaling_cur_freq", "<unknown>\n")
    write(system / "thermal/thermal_zone0/temp", "-274000\n")
    write(system / "thermal/thermal_zone1/temp", "200000\n")
    assert read_sensors() == Reading(None, None)
