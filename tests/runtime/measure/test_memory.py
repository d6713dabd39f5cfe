from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.runtime.measure import memory as resident_set
from lowformer_edge.runtime.measure.memory import PeakMemory

MEGABYTE = 10**6


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_the_peak_is_seen_after_it_is_over_and_earlier_ones_are_not() -> None:
    earlier = bytearray(300 * MEGABYTE)
    del earlier
    memory = PeakMemory()
    if memory.megabytes() is None:
        pytest.skip("this kernel does not let the peak begin anew")
    later = bytearray(100 * MEGABYTE)
    del later
    peak = memory.megabytes()
    assert peak is not None
    assert 95 < peak < 150


def test_where_the_system_does_not_tell_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident_set, "_CLEAR", tmp_path / "none" / "clear_refs")
    assert PeakMemory().megabytes() is None
    monkeypatch.setattr(resident_set, "_CLEAR", tmp_path / "clear_refs")
    monkeypatch.setattr(resident_set, "_STATUS", tmp_path / "status")
    (tmp_path / "status").write_text("Name: python\n")
    assert PeakMemory().megabytes() is None
