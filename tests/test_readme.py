"""The README's claims are held to the code and to the recorded figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lowformer_edge
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.calibrate import main as calibrate
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.lab import main as lab
from lowformer_edge.cli.report import main as report
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.models.variants import VARIANTS

ROOT = Path(lowformer_edge.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def table_row(target: str, model: str, file: str) -> list[str]:
    """A row of the benchmark table of one model."""
    chapter = BENCHMARKS.split(f"\n## {target}\n")[1]
    section = chapter.split(f"### {model}\n")[1].split("\n#")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| {file} ")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_every_option_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        export(["--help"])
    with pytest.raises(SystemExit):
        inspect(["--help"])
    with pytest.raises(SystemExit):
        calibrate(["--help"])
    with pytest.raises(SystemExit):
        bench(["--help"])
    with pytest.raises(SystemExit):
        lab(["--help"])
    with pytest.raises(SystemExit):
        report(["--help"])
    with pytest.raises(SystemExit):
        verify(["--help"])
    known = set(re.findall(r"--[a-z0-9-]+", capsys.readouterr().out))
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", README)) - {"--help"}
    assert used <= known


def test_every_variant_is_listed() -> None:
    row = next(line for line in README.splitlines() if line.startswith("| `--model`"))
    assert set(re.findall(r"`([a-z]+[0-9]*)`", row)) == set(VARIANTS)


def test_commands_of_the_makefile_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"make ([a-z-]+)", README + BENCHMARKS):
        assert f"\n{command}:" in makefile


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_quoted_figures_are_the_recorded_ones() -> None:
    ours, stock = (
        table_row("TFLite", "B0", "ours INT8"),
        table_row("TFLite", "B0", "stock static INT8"),
    )
    numbers = re.search(
        r"(0\.\d+) of\s+the stock float32 conversion's time for B0 as TFLite with one thread,"
        r" where the stock INT8 recipe\s+takes (0\.\d+) and falls into (\d+) partitions",
        README,
    )
    assert numbers is not None
    assert float(numbers[1]) == pytest.approx(float(ours[5].split()[0]), abs=0.005)
    assert float(numbers[2]) == pytest.approx(float(stock[5].split()[0]), abs=0.005)
    assert numbers[3] == stock[2]
    for model in ("B0", "B1", "E1"):
        assert float(table_row("TFLite", model, "ours INT8")[5].split()[0]) < 1 / 3
        for target in ("TFLite", "ExecuTorch"):
            for file in ("ours fp32", "ours INT8"):
                assert table_row(target, model, file)[2:4] == ["1", "0"]


def test_core_mls_op_counts_are_the_recorded_ones() -> None:
    chapter = BENCHMARKS.split("\n## Core ML\n")[1].split("\n## ")[0]
    rows = {
        (cells[0], cells[1]): cells
        for line in chapter.splitlines()
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
        if line.startswith("| ") and cells[0] in VARIANTS
    }
    numbers = re.search(r"B0 has (\d+) ops where coremltools' own lowering has\s+(\d+)", README)
    assert numbers is not None
    assert [numbers[2], numbers[1]] == rows[("b0", "fp16")][2:4]
    assert {model for model, _ in rows} == set(VARIANTS)
    bounds = {"fp16": 3e-3, "fp32": 1e-5}
    for (_, precision), cells in rows.items():
        assert int(cells[3]) < int(cells[2])
        assert float(cells[8]) < bounds[precision]


def test_the_packaged_benchmark_names_the_versions_in_use() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    for name in (
        "litert-torch",
        "ai-edge-quantizer",
        "ai-edge-litert",
        "executorch",
        "onnxruntime",
        "coremltools",
    ):
        (pin,) = [pin for pin in pins if pin.startswith(f"{name}==")]
        assert f"{name} {pin.split('==')[1]}" in BENCHMARKS


def test_the_counted_instructions_are_the_recorded_ones() -> None:
    chapter = BENCHMARKS.split("\n## ARM processors and GPUs without a phone\n")[1].split("\n## ")[
        0
    ]
    rows = {
        (cells[0], cells[1]): cells[2]
        for line in chapter.splitlines()
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
        if line.startswith("| b0-")
    }
    numbers = re.search(
        r"INT8 as TFLite needs ([\d.]+)\s+million on a Cortex-A76 and ([\d.]+) million with i8mm"
        r" \(float32: ([\d.]+) and ([\d.]+)\)",
        README,
    )
    assert numbers is not None
    assert [*numbers.groups()] == [
        rows[f"b0-{precision}.tflite", cpu]
        for precision in ("int8", "fp32")
        for cpu in ("cortex-a76", "i8mm")
    ]
