from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lowformer_edge
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.runtime.work.job import Job, read_answer, write_job
from lowformer_edge.targets.ssh.shipment import BASE, install_command, modules_for, shipped_files
from lowformer_edge.tasks.closeness import sqnr

ROOT = Path(lowformer_edge.__file__).parent


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is sent to other machines, and nothing else of this package."""
    folder = tmp_path_factory.mktemp("shipped")
    for name, path in shipped_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    return folder


def test_all_of_runtime_is_shipped_and_nothing_above_it() -> None:
    names = {name.split("/", 1)[1] for name, _ in shipped_files()}
    rooms = {name.partition("/")[0] for name in names if "/" in name}
    assert rooms == {"artifact", "process", "runtime"}
    runtime = {path.relative_to(ROOT).as_posix() for path in (ROOT / "runtime").rglob("*.py")}
    assert {name for name in names if name.startswith("runtime/")} == runtime


def test_each_shipped_module_can_be_imported_there(shipped: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name, _ in shipped_files()
        if name.endswith(".py")
    ]
    assert len(modules) > 60
    code = (
        "import importlib, sys\n"
        f"sys.path.insert(0, {str(shipped)!r})\n"
        f"for name in {modules!r}:\n"
        f"    assert importlib.import_module(name).__file__.startswith({str(shipped)!r}), name\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=shipped)


@pytest.mark.parametrize("file", ["all-fp32.tflite", "all-int8.onnx", "all-fp32.mlpackage"])
def test_the_worker_runs_files_from_what_is_shipped(
    file: str, shipped: Path, all_formats_bundle: Path, tmp_path: Path
) -> None:
    """In a process that sees no other copy of this package."""
    (path,) = all_formats_bundle.glob(f"*{file.removeprefix('all')}")
    manifest = read_manifest(all_formats_bundle)
    golden = GoldenVectors.load(all_formats_bundle / manifest.golden.path)
    job = Job(files=(str(path),), preprocessing=manifest.preprocessing)
    write_job(tmp_path, job, golden.pixels[:2])
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(shipped)!r})\n"
        f"from lowformer_edge.runtime.work.worker import __file__, main\n"
        f"assert __file__.startswith({str(shipped)!r})\n"
        f"main([{str(tmp_path)!r}])\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=shipped)
    _, (ran,) = read_answer(tmp_path, job, 2)
    assert ran.answer.failure is None
    assert ran.outputs is not None
    assert sqnr(golden.outputs["logits"][:2], ran.outputs["logits"]) > 20


def test_commands_name_the_versions_that_were_tested() -> None:
    command = install_command("/opt/python", [*BASE.values(), "numpy"])
    assert command.startswith("/opt/python -m pip install numpy==2")
    assert command.count("==") == len(BASE)
    assert modules_for([".onnx", ".onnx", ".unknown"]) == {
        "onnxruntime": "onnxruntime",
        "onnx": "onnx",
    }
