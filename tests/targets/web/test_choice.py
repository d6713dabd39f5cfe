"""What follows ``web`` on a command line."""

from __future__ import annotations

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.targets.web.choice import PATIENCE_S, WebChoice, parse_choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("", WebChoice("")),
        ("lan", WebChoice("lan")),
        (":chromium", WebChoice("chromium")),
        ("adb", WebChoice("adb")),
        ("adb:10.0.0.7:5555", WebChoice("adb", serial="10.0.0.7:5555")),
        ("?accelerator=webgpu", WebChoice("", accelerator="webgpu")),
        ("?accelerator=webgpu-fp16&threads=4", WebChoice("", "", "webgpu-fp16", 4)),
        ("lan?browsers=8&tls=no", WebChoice("lan", browsers=8, tls=False)),
        ("lan?tls=yes", WebChoice("lan")),
        ("chromium?gpu=software", WebChoice("chromium", software_gpu=True)),
    ],
)
def test_settings_are_taken(text: str, choice: WebChoice) -> None:
    assert parse_choice(text) == choice


def test_patience_is_ten_minutes_or_what_is_said() -> None:
    assert parse_choice("").patience == PATIENCE_S
    assert parse_choice("", 5).patience == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("firefox", "web:firefox: there are web, web:chromium, web:adb[:SERIAL] and web:lan"),
        ("chromium:stable", "there are web, web:chromium"),
        ("lan:eth0", "there are web, web:chromium"),
        ("?colour=red", "'colour=red' cannot follow the ?"),
        ("?threads=", "'threads=' cannot follow the ?"),
        ("?threads=1&threads=2", "'threads=2' cannot follow the ?"),
        ("?accelerator=gpu", "'gpu' is no accelerator; there are wasm, webgpu, webgpu-fp16"),
        ("?threads=0", "threads= takes a number from 1 to 64, not '0'"),
        ("?threads=65", "threads= takes a number from 1 to 64, not '65'"),
        ("?threads=two", "threads= takes a number from 1 to 64, not 'two'"),
        ("?threads=²", "threads= takes a number from 1 to 64"),
        ("?threads=-1", "threads= takes a number from 1 to 64"),
        (f"?threads={'9' * 5000}", "threads= takes a number from 1 to 64"),
        ("?browsers=9", "browsers= takes a number from 1 to 8, not '9'"),
        ("?browsers=1.5", "browsers= takes a number from 1 to 8, not '1.5'"),
        ("?tls=no", "tls= is for web:lan alone"),
        ("chromium?tls=yes", "tls= is for web:lan alone"),
        ("lan?tls=maybe", "tls= takes yes or no, not 'maybe'"),
        ("lan?gpu=software", "gpu= is for web:chromium alone"),
        ("chromium?gpu=hardware", "gpu=software alone can be asked for"),
    ],
)
def test_what_there_is_not_is_refused_in_a_line(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_choice(text)
    assert reason in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "web"),
        ("lan?browsers=3&tls=no", "web:lan"),
        ("chromium?gpu=software&accelerator=webgpu", "web:chromium?accelerator=webgpu"),
        ("adb:PHONE1?threads=2", "web:adb:PHONE1?threads=2"),
        ("?threads=2&accelerator=webgpu-fp16", "web?accelerator=webgpu-fp16&threads=2"),
        ("?accelerator=wasm", "web"),
    ],
)
def test_its_name_has_what_figures_hang_on(text: str, name: str) -> None:
    assert parse_choice(text).name == name


def test_each_accelerator_takes_the_files_of_its_formats() -> None:
    wasm, gpu = parse_choice(""), parse_choice("?accelerator=webgpu")
    assert [wasm.refusal(suffix) for suffix in (".tflite", ".onnx")] == [None, None]
    assert gpu.refusal(".tflite") is None
    assert gpu.refusal(".onnx") == "browsers take .tflite files alone by webgpu"
    assert wasm.refusal(".pte") == "browsers take .tflite and .onnx files alone by wasm"
    assert wasm.refusal(".txt") == wasm.refusal(".mlpackage") == wasm.refusal(".pte")
