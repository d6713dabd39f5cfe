from __future__ import annotations

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.targets.registry import open_target, open_targets, target_names
from lowformer_edge.targets.web.target import WebTarget


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ARM:Cortex-A76,arm:cortex-a76", ["arm:cortex-a76"]),
        ("GPU:FP16, ,gpu", ["gpu:fp16", "gpu"]),
        ("SSH:Pi@Board,", ["ssh:Pi@Board"]),
        ("ADB?accelerator=gpu", ["adb?accelerator=gpu"]),
        ("Adb:ABC123", ["adb:ABC123"]),
        ("WEB:lan?browsers=2,web", ["web:lan?browsers=2", "web"]),
        ("Web?threads=2&accelerator=webgpu", ["web?threads=2&accelerator=webgpu"]),
    ],
)
def test_names_are_spelled_as_they_are_written(typed: str, names: list[str]) -> None:
    assert target_names(typed) == names


def test_the_host_comes_first_however_it_is_named() -> None:
    assert [target.name for target in open_targets(["gpu", "HOST", "GPU"])] == ["host", "gpu"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("web", "web"),
        ("web:chromium?gpu=software&accelerator=webgpu", "web:chromium?accelerator=webgpu"),
        ("web:adb:PHONE1", "web:adb:PHONE1"),
    ],
)
def test_browsers_are_targets(name: str, shown: str) -> None:
    target = open_target(name)
    assert isinstance(target, WebTarget)
    assert target.name == shown


def test_half_precision_and_threads_are_what_a_name_says() -> None:
    half, plain = open_target("web?accelerator=webgpu-fp16&threads=3"), open_target("web")
    assert (half.half, half.threads) == (True, 3)
    assert (plain.half, plain.threads) == (False, None)


def test_one_place_by_two_names_is_refused() -> None:
    with pytest.raises(UsageError, match="web:lan: is given twice, with other settings"):
        open_targets("web:lan,web:lan?browsers=2")


def test_a_place_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"adb\[:SERIAL\] and web\[:chromium"):
        open_target("moon")
