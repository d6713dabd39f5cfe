"""How the package is put together: light imports, one direction, a small base install."""

from __future__ import annotations

import ast
import graphlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lowformer_edge

from .imports import CHECKOUT_ALONE, ROOT, imports_of, module_name, product_modules

FLOORS = (
    {"errors", "progress", "version"},
    {"process"},
    {"artifact", "demo", "lab"},
    {"tasks"},
    {"runtime"},
    {"judging"},
    {"models", "targets"},
    {"calibration"},
    {"export", "report"},
    {"workflows"},
    {"sweep"},
    {"cli"},
    {"", "android_demo"},
)
"""What stands upon what. A room imports those of lower floors, and none beside it."""

TORCH_FREE = {
    "errors",
    "progress",
    "version",
    "process",
    "artifact",
    "demo",
    "lab",
    "tasks",
    "runtime",
    "judging",
    "targets",
    "report",
}
"""What runs on small machines."""

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

MODULES = product_modules()
IMPORTS = {name: imports_of(name, MODULES) for name in MODULES}
PACKAGED = sorted(
    module_name(path)
    for path in MODULES.values()
    if path.name == "__init__.py" and module_name(path).partition(".")[0] != "android_demo"
)


def room_of(module: str) -> str:
    return module.partition(".")[0]


def floor_of(module: str) -> int:
    (floor,) = (k for k, rooms in enumerate(FLOORS) if room_of(module) in rooms)
    return floor


def test_every_module_is_seen() -> None:
    """A guard that looks at too few of them holds nothing."""
    files = {
        path
        for path in ROOT.rglob("*.py")
        if not CHECKOUT_ALONE & set(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert set(MODULES.values()) == files
    assert len(files) > 220
    assert {room_of(name) for name in MODULES} == set().union(*FLOORS)
    assert sum(len(imported & MODULES.keys()) for imported in IMPORTS.values()) > 900


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module: str) -> None:
    for target in IMPORTS[module] & MODULES.keys():
        inside = room_of(target) == room_of(module)
        assert inside or floor_of(target) < floor_of(module), f"{module} imports {target}"


@pytest.mark.parametrize("module", MODULES)
def test_modules_import_each_other_relatively(module: str) -> None:
    """So that a copy under another folder imports its own, and what is sent can be told."""
    nodes = ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    absolute = [node for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    assert not [n for n in absolute if (n.module or "").startswith("lowformer_edge")]


PROGRAMS = {
    "artifact.check_on_mac": "runs on a Mac by itself",
    "runtime.work.worker": "tells its progress on stdout, to whoever started it",
}
"""Modules below the commands that print all the same, with the reason."""


LONGEST_FUNCTION = 60
"""Lines, with signature and documentation."""


@pytest.mark.parametrize("module", MODULES)
def test_functions_fit_a_screen(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lines = {one.name: (one.end_lineno or 0) - one.lineno + 1 for one in functions}
    assert {name: length for name, length in lines.items() if length > LONGEST_FUNCTION} == {}


BELOW_COMMANDS = [
    name
    for name in MODULES
    if room_of(name) not in {"", "cli", "android_demo"} and name not in PROGRAMS
]


@pytest.mark.parametrize("module", BELOW_COMMANDS)
def test_only_commands_parse_and_print(module: str) -> None:
    assert not IMPORTS[module] & {"argparse", "rich"}
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {name.id for name in called if isinstance(name, ast.Name)} & {"print", "input"}


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imported & MODULES.keys() for name, imported in IMPORTS.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


@pytest.mark.parametrize("module", [name for name in MODULES if room_of(name) in TORCH_FREE])
def test_what_runs_on_small_machines_never_imports_torch(module: str) -> None:
    heavy = {"torch", "safetensors", "litert_torch", "yaml"}
    assert not IMPORTS[module] & heavy


def test_verifying_a_bundle_loads_no_torch(demo_bundle: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from lowformer_edge.artifact.manifest import read_manifest\n"
        "from lowformer_edge.artifact.golden import GoldenVectors\n"
        "from lowformer_edge.runtime.tflite.runner import TFLiteRunner\n"
        f"folder = Path({str(demo_bundle)!r})\n"
        "manifest = read_manifest(folder)\n"
        "golden = GoldenVectors.load(folder / manifest.golden.path)\n"
        "inputs = manifest.preprocessing_spec().normalise(golden.pixels)\n"
        "with TFLiteRunner(folder / 'demo-int8.tflite') as runner:\n"
        "    logits = runner.run(inputs)['logits']\n"
        "assert (logits.argmax(1) == golden.outputs['logits'].argmax(1)).all()\n"
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
        "cli.web",
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
        "lowformer-sweep",
        "lowformer-verify",
        "lowformer-web",
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


def test_every_package_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]
    # Sources in C are data, which setuptools takes from packages alone.
    expected = sorted([*PACKAGED, "lab.native"])
    assert packages == [".".join(filter(None, ("lowformer_edge", name))) for name in expected]
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


@pytest.mark.parametrize("module", MODULES)
def test_no_module_has_an_empty_name(module: str) -> None:
    assert not set(module.split(".")) & {"utils", "helpers", "common", "misc"}
