"""What README shows first is run as it stands, where a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def test_the_first_block_runs_outside_the_checkout(tmp_path: Path) -> None:
    (language, code), (_, shown) = BLOCKS[:2]
    assert language == "python"
    (tmp_path / "first.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "first.py"], capture_output=True, text=True, cwd=tmp_path, timeout=900
    )
    assert done.returncode == 0, done.stderr
    assert re.sub(r"\d+ %", "N %", done.stdout) == re.sub(r"\d+ %", "N %", shown)


def test_every_block_of_python_is_python() -> None:
    for language, code in BLOCKS:
        if language == "python":
            compile(code, "README.md", "exec")
