"""What a report of the demo bundle rests on: outputs of the commands themselves."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge import demo
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.calibrate import main as calibrate
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.export.search.bound import MeasuredLoss
from lowformer_edge.export.search.search import Found, Tried
from lowformer_edge.export.search.solver import Mix
from lowformer_edge.report.evidence import Evidence, read_evidence

FOUND = Found(
    mix=Mix({}, 0.0, 0.0),
    loss=MeasuredLoss(0.25, 41.4, 100),
    tried=(
        Tried(Mix({"a": "int8", "b": "int8"}, 1e-3, 0.0), MeasuredLoss(0.5, 29.5, 100)),
        Tried(Mix({"a": "fp16", "b": "int8"}, 1e-4, 0.1), None),
        Tried(Mix({"a": "fp16", "b": "fp16"}, 0.0, 0.3), MeasuredLoss(0.0, 150.0, 100)),
    ),
    chosen=1,
)


def output_of(command: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> dict[str, Any]:
    """What a command prints with ``--json``; its exit code may tell of a busy machine."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert command([*arguments, "--json", "--quiet"]) in (0, 1)
    return json.loads(out.getvalue())


@pytest.fixture(scope="session")
def results(
    demo_bundle: Path, demo_manifest: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A JSON about the demo bundle for each option of the report."""
    folder = tmp_path_factory.mktemp("results")
    few = ["--evaluation-data", str(demo.EVALUATION), "--evaluation-images", "20"]
    contents = {
        "verify": output_of(
            verify, [str(demo_bundle), *few, "--weights", str(demo.CHECKPOINT), "--threads", "1"]
        ),
        "bench": output_of(bench, [str(demo_bundle), "--runs", "5"]),
        "sensitivity": output_of(
            calibrate,
            [
                *("--sensitivity", "--evaluation-images", "2"),
                *("--output", str(folder / "ranges.json")),
            ],
        ),
        "search": {
            "bundle": "elsewhere",
            **demo_manifest.model_dump(mode="json"),
            "search": FOUND.record().model_dump(mode="json"),
        },
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return {name: folder / f"{name}.json" for name in contents}


@pytest.fixture(scope="session")
def evidence(demo_bundle: Path, results: dict[str, Path]) -> Evidence:
    """All that there can be about the demo bundle."""
    return read_evidence(demo_bundle, **results)
