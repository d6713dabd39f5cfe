"""How the package is put together: light imports, one direction, a small base install."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lowformer_edge

ROOT = Path(lowformer_edge.__file__).parent
ROOMS = (
    "artifact",
    "calibration",
    "cli",
    "demo",
    "export",
    "lab",
    "models",
    "report",
    "runtime",
)
MAY_IMPORT = {
    "artifact": set(),
    "demo": set(),
    "lab": set(),
    "models": {"artifact", "demo"},
    "calibration": {"artifact", "models"},
    "export": {"artifact", "calibration", "models"},
    "report": {"artifact", "models", "runtime"},
    "runtime": {"artifact", "lab"},
    "cli": set(ROOMS),
}
"""What each folder may import besides itself, errors and progress."""

HEAVY = {
    "torch",
    "executorch",
    "onnx",
    "onnxruntime",
    "safetensors",
    "litert_torch",
    "ai_edge_litert",
    "ai_edge_quantizer",
    "jinja2",
    "numpy",
}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).glob("*.py"))


def imported(path: Path) -> set[str]:
    """Rooms and packages that a module imports anywhere, with relative imports resolved."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.level == 2:
            names |= {node.module.split(".")[0]} if node.module else {a.name for a in node.names}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str) -> None:
    for path in modules(room):
        rooms = imported(path) & set(ROOMS)
        assert rooms <= MAY_IMPORT[room], f"{path} imports {rooms - MAY_IMPORT[room]}"


@pytest.mark.parametrize("room", ROOMS)
def test_the_package_does_without_the_apps_sources(room: str) -> None:
    """They and what builds them are parts of the checkout alone."""
    for path in modules(room):
        assert "android_demo" not in imported(path), path


@pytest.mark.parametrize("room", ["artifact", "demo", "lab", "report", "runtime"])
def test_what_runs_on_small_machines_never_imports_torch(room: str) -> None:
    for path in modules(room):
        assert not imported(path) & {"torch", "safetensors", "litert_torch", "yaml"}, path


def test_verifying_a_bundle_loads_no_torch(demo_bundle: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from lowformer_edge.artifact.manifest import read_manifest\n"
        "from lowformer_edge.artifact.golden import GoldenVectors\n"
        "from lowformer_edge.runtime.tflite import TFLiteRunner\n"
        f"folder = Path({str(demo_bundle)!r})\n"
        "manifest = read_manifest(folder)\n"
        "golden = GoldenVectors.load(folder / manifest.golden.path)\n"
        "inputs = manifest.preprocessing_spec().normalise(golden.pixels)\n"
        "with TFLiteRunner(folder / 'demo-int8.tflite') as runner:\n"
        "    logits = runner.run(inputs)\n"
        "assert (logits.argmax(1) == golden.logits.argmax(1)).all()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_report_loads_no_torch_and_no_runtime(demo_bundle: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from lowformer_edge.cli.report import main\n"
        f"assert main([{str(demo_bundle)!r}, '--output', {str(tmp_path / 'page.html')!r}]) == 0\n"
        "assert not {'torch', 'onnxruntime', 'executorch', 'ai_edge_litert'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "module",
    [
        "lowformer_edge",
        "cli.bench",
        "cli.calibrate",
        "cli.export",
        "cli.inspect",
        "cli.lab",
        "cli.report",
        "cli.verify",
    ],
)
def test_imports_are_light(module: str) -> None:
    name = module if module == "lowformer_edge" else f"lowformer_edge.{module}"
    code = f"import sys, {name}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not HEAVY & set(loaded)
    assert "rich" not in loaded
    assert "pydantic" not in loaded


@pytest.mark.parametrize(
    "command",
    [
        "lowformer-bench",
        "lowformer-calibrate",
        "lowformer-export",
        "lowformer-inspect",
        "lowformer-lab",
        "lowformer-report",
        "lowformer-verify",
    ],
)
def test_help_is_complete_and_imports_no_other_package(command: str) -> None:
    """Which is what makes it quick: nothing but Python's own modules and ours is imported."""
    executable = Path(sys.executable).with_name(command)
    result = subprocess.run(
        [sys.executable, "-X", "importtime", executable, "--help"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "--json" in result.stdout
    imported = re.findall(r"\|\s+([\w.]+)$", result.stderr, re.MULTILINE)
    started = imported.index("site") + 1
    packages = {name.partition(".")[0] for name in imported[started:]}
    # Python's own module copy asks for Jython's org.python.core, which is not there.
    assert packages - sys.stdlib_module_names - {"org"} == {"lowformer_edge"}


def test_every_room_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]
    sources = [*ROOMS, "lab.native"]
    assert packages == ["lowformer_edge", *(f"lowformer_edge.{room}" for room in sorted(sources))]
    assert project["project"]["version"] == lowformer_edge.__version__
    assert importlib.metadata.version("lowformer-edge") == lowformer_edge.__version__


def test_dependencies_are_pinned_and_the_base_is_light() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    own = "lowformer-edge["
    required = [*project["dependencies"], *(item for extra in extras.values() for item in extra)]
    assert all("==" in item or item.startswith(own) for item in required)
    assert "torch==2.13.0" in extras["torch"]
    assert not any("torch" in item or "litert" in item for item in project["dependencies"])
    pins = set((ROOT / "constraints.txt").read_text().lower().splitlines())
    assert {item.lower() for item in required if "==" in item} <= pins


def test_no_module_has_an_empty_name() -> None:
    names = {path.stem for room in ROOMS for path in modules(room)}
    assert not names & {"utils", "helpers", "common", "misc"}
