"""What memory is left, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

from lowformer_edge.process.memory import available_memory


def test_a_machine_without_a_limit_has_what_it_says(tmp_path: Path) -> None:
    system = tmp_path / "meminfo"
    system.write_text("MemTotal: 9 kB\nMemAvailable:    2048 kB\n")
    assert available_memory(system, tmp_path) == 2 << 20


def test_a_container_has_what_its_limit_leaves(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 2048 kB\n")
    for name, text in {
        "memory.max": "1000000\n",
        "memory.current": "900000\n",
        "memory.stat": "anon 5\ninactive_file 300000\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert available_memory(tmp_path / "meminfo", tmp_path) == 400_000


def test_a_container_without_a_limit_has_the_machines(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 2048 kB\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(tmp_path / "meminfo", tmp_path) == 2 << 20


def test_another_system_tells_nothing(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "none", tmp_path) is None
