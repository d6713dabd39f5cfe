"""The page's modules do as Python does; their own tests, in TypeScript, are run by Node."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab.place import Lab
from lowformer_edge.targets.web.compiler import SETTINGS, bundle, check_types

from .conftest import ROOT, SCRIPTS, RunScript

PAGE = ROOT / "targets" / "web" / "page"
GPU_COST = ROOT / "benchmarks" / "gpu_cost"
LONGEST_LINE = 110
TESTS = sorted(path.name for path in SCRIPTS.glob("*.test.ts"))


@pytest.mark.parametrize("name", TESTS)
def test_own_tests(run_script: RunScript, name: str) -> None:
    """See :mod:`page`: the golden cases are those that the Android app is held to."""
    told = run_script(name)
    counts = dict(re.findall(r"^\W*(pass|fail|skipped|todo) (\d+)$", told, re.MULTILINE))
    assert int(counts.pop("pass")) > 0
    assert set(counts.values()) == {"0"}


def test_a_failure_is_seen(run_script: RunScript) -> None:
    with pytest.raises(LabError, match="box 1 differs"):
        run_script("failing.ts")


def test_lines_fit() -> None:
    lines = {
        f"{path.name}:{number}": len(line)
        for folder in (PAGE, GPU_COST, SCRIPTS)
        for path in folder.rglob("*.ts")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    }
    assert len(lines) > 2000
    assert {place: length for place, length in lines.items() if length > LONGEST_LINE} == {}


def test_types(web_lab: Lab) -> None:
    check_types(web_lab, PAGE / SETTINGS, [PAGE, GPU_COST, SCRIPTS])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("export const name: string = 1;\n", r"page\.ts\(1,14\): error TS2322"),
        ("export const first = (all: number[]): number => all[0];\n", "TS2322: .* undefined"),
        (
            "export const one: { two?: number } = { two: undefined };\n",
            "exactOptionalPropertyTypes",
        ),
        ("import { nothing } from '@litertjs/core';\nnothing();\n", "no exported member 'nothing'"),
        ("import { gone } from 'onnxruntime-web/wasm';\ngone();\n", "no exported member 'gone'"),
        ("navigator.gpu.gone();\n", "'gone' does not exist on type 'GPU'"),
    ],
)
def test_types_that_do_not_fit_are_told(web_lab: Lab, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "page.ts").write_text(text)
    with pytest.raises(LabError, match=said):
        check_types(web_lab, PAGE / SETTINGS, [tmp_path])


def test_a_module_that_is_missing_is_told(web_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "page.ts").write_text("import { gone } from './gone';\nconsole.log(gone);\n")
    with pytest.raises(
        LabError, match=r"bundling page\.ts failed: .*Could not resolve \"\./gone\""
    ):
        bundle(web_lab, tmp_path / "page.ts", tmp_path / "page.js")
    assert not (tmp_path / "page.js").exists()
