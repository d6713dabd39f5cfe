from __future__ import annotations

import pytest

from lowformer_edge.targets.registry import open_targets, target_names


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ARM:Cortex-A76,arm:cortex-a76", ["arm:cortex-a76"]),
        ("GPU:FP16, ,gpu", ["gpu:fp16", "gpu"]),
        ("SSH:Pi@Board,", ["ssh:Pi@Board"]),
        ("ADB?accelerator=gpu", ["adb?accelerator=gpu"]),
        ("Adb:ABC123", ["adb:ABC123"]),
    ],
)
def test_names_are_spelled_as_they_are_written(typed: str, names: list[str]) -> None:
    assert target_names(typed) == names


def test_the_host_comes_first_however_it_is_named() -> None:
    assert [target.name for target in open_targets(["gpu", "HOST", "GPU"])] == ["host", "gpu"]
