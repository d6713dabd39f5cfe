"""What of this package other machines need to run files, and what must be installed there."""

from __future__ import annotations

import ast
import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...artifact.formats import BY_SUFFIX

PACKAGE = "lowformer_edge"
DISTRIBUTION = "lowformer-edge"

STARTED = ("runtime.work.worker", "runtime.work.session", "runtime.work.measuring")
"""What is run on other machines, each in a process of its own."""

BASE = {"numpy": "numpy", "PIL": "pillow", "pydantic": "pydantic"}
"""Distributions by the module that each is for, without which nothing can be run."""

LEAST_MAJOR = {"pydantic": 2}
"""First parts of the oldest versions that will do, where systems still bring older ones."""


def shipped_files() -> list[tuple[str, Path]]:
    """What running and timing files imports of this package: names as sent, and paths.

    The names lie below a folder from which Python can import.
    """
    root = Path(__file__).parents[2]
    paths = {root / "py.typed"}
    waiting = [_module_file(root, name) for name in STARTED]
    while waiting:
        path = waiting.pop()
        if path is None or path in paths:
            continue
        paths.add(path)
        waiting += [_module_file(root, name) for name in _imported(path, root)]
    return [(f"{PACKAGE}/{path.relative_to(root).as_posix()}", path) for path in sorted(paths)]


def _module_file(root: Path, name: str) -> Path | None:
    """The file of a module by its name within this package; None where there is no such module."""
    place = root.joinpath(*filter(None, name.split(".")))
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _imported(path: Path, root: Path) -> set[str]:
    """Names within this package that a module imports anywhere, in functions too, but for types.

    Its modules import each other relatively (a test holds that), and importing one imports the
    packages around it.
    """
    package = path.relative_to(root).parent.parts
    names = {".".join(package[:depth]) for depth in range(len(package) + 1)}
    for node in _run(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *filter(None, [node.module])]
            names |= {".".join(base), *(".".join([*base, alias.name]) for alias in node.names)}
    return names


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a module but those that only type checkers look at."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def modules_for(suffixes: Iterable[str]) -> dict[str, str]:
    """Distributions by the module that each is for, for files with such ends of their names."""
    return {
        module: distribution
        for suffix in dict.fromkeys(suffixes)
        if suffix in BY_SUFFIX
        for module, distribution in BY_SUFFIX[suffix].distributions.items()
    }


def install_command(python: str, distributions: Iterable[str]) -> str:
    """What installs distributions there in the versions that this package was tested with."""
    pins = _pins()
    wanted = " ".join(pins.get(name, name) for name in dict.fromkeys(distributions))
    return f"{python} -m pip install {wanted}"


def _pins() -> dict[str, str]:
    """Requirements such as ``numpy==2.4.6`` by the distribution's name."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    pins = [item.partition(";")[0].strip() for item in requirements]
    return {pin.partition("==")[0]: pin for pin in pins if "==" in pin}
