"""TypeScript's compiler and the bundler, as the web laboratory has them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ...lab.place import Lab
from ...lab.web import MODULES, esbuild, typescript
from ...process.tool import LONGEST_REASON, last_error, run_tool

SETTINGS = "tsconfig.json"

_OLDEST_BROWSERS = "es2022"

_MODULE_CONDITION = "onnxruntime-web-use-extern-wasm"
"""Of ONNX Runtime Web's scripts, takes the one that loads its WebAssembly from a server."""


def bundle(lab: Lab, script: Path, into: Path, options: Sequence[str] = ()) -> None:
    """Makes one script of a module and all that it imports.

    Args:
        lab: The web laboratory.
        script: The module, in TypeScript.
        into: The script.
        options: More of esbuild's, by default for a browser.

    Raises:
        LabError: A module is missing or is no TypeScript.
    """
    run_tool(
        [
            *(esbuild(lab), script, "--bundle", f"--outfile={into}", "--log-level=error"),
            *(f"--target={_OLDEST_BROWSERS}", f"--conditions={_MODULE_CONDITION}", *options),
        ],
        f"bundling {script.name}",
        environment={"NODE_PATH": str(lab.folder / MODULES)},
        reason_of=_first_error,
    )


def check_types(lab: Lab, settings: Path, folders: Sequence[Path]) -> None:
    """Checks the types of all modules in some folders.

    Args:
        lab: The web laboratory.
        settings: TypeScript's, of which all but the place of packages is taken.
        folders: With modules.

    Raises:
        LabError: A type does not fit; the first is named.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / MODULES).symlink_to(lab.folder / MODULES)
        project = {
            "extends": str(settings),
            "compilerOptions": {
                "paths": {"*": [f"{folder}/{MODULES}/*"]},
                "types": ["@webgpu/types", "onnxruntime-web"],
            },
            "include": [f"{place}/**/*.ts" for place in folders],
        }
        path = Path(folder) / SETTINGS
        path.write_text(json.dumps(project), encoding="utf-8")
        run_tool([typescript(lab), "--project", path], "checking types", reason_of=_first_error)


def _first_error(printed: str, complained: str) -> str:
    """The first error that a compiler tells, with its place."""
    for line in (*printed.splitlines(), *complained.splitlines()):
        if re.search(r"\berror\b", line, re.IGNORECASE):
            return line.strip()[:LONGEST_REASON]
    return last_error(printed, complained)
