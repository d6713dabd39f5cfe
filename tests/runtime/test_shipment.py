from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from lowformer_edge.runtime.shipment import BASE, install_command, modules_for, shipped_files


def test_what_is_shipped_is_all_that_running_and_timing_import(tmp_path: Path) -> None:
    for name, path in shipped_files():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / name)
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import lowformer_edge\n"
        "from lowformer_edge.runtime import alone, endurance, measuring, timing, worker\n"
        f"assert lowformer_edge.__file__.startswith({str(tmp_path)!r})\n"
        "own = {name for name in sys.modules if name.startswith('lowformer_edge')}\n"
        "print(len(own))\n"
        "assert 'torch' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 20


def test_commands_name_the_versions_that_were_tested() -> None:
    command = install_command("/opt/python", [*BASE.values(), "numpy"])
    assert command.startswith("/opt/python -m pip install numpy==2")
    assert command.count("==") == len(BASE)
    assert modules_for([".onnx", ".onnx", ".unknown"]) == {
        "onnxruntime": "onnxruntime",
        "onnx": "onnx",
    }
