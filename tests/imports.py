"""What each of the product's modules imports, read off its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import lowformer_edge

ROOT = Path(lowformer_edge.__file__).parent
PACKAGE = "lowformer_edge"

CHECKOUT_ALONE = {"benchmarks", "build", "examples", "tests", "training"}
"""Folders with Python that are no parts of the package."""


def product_modules() -> dict[str, Path]:
    """Every module of the package and of what builds the app, however deep, by its name within it.

    Packages have the names of their folders; the root's is empty.
    """
    paths = set(ROOT.glob("*.py"))
    for folder in ROOT.iterdir():
        if folder.is_dir() and folder.name[0] != "." and folder.name not in CHECKOUT_ALONE:
            paths |= set(folder.rglob("*.py"))
    return {module_name(path): path for path in sorted(paths)}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(name: str, modules: dict[str, Path]) -> set[str]:
    """The modules that one imports anywhere, also in functions and for types alone.

    Args:
        name: The module, within the package.
        modules: All of :func:`product_modules`.

    Returns:
        Names of the product's modules, and first parts of the names of others.
    """
    path = modules[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return {
        target
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for target in _targets(node, package, modules)
    } - {name}


def _targets(node: ast.AST, package: str, modules: dict[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            own = _within_package(alias.name)
            yield alias.name.partition(".")[0] if own is None else own
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, package)
        if base is None:
            yield (node.module or "").partition(".")[0]
            return
        for alias in node.names:
            inner = f"{base}.{alias.name}".removeprefix(".")
            yield inner if inner in modules else base


def _base(node: ast.ImportFrom, package: str) -> str | None:
    """The product's module that an import names; None for another package's."""
    if not node.level:
        return _within_package(node.module or "")
    parts = package.split(".") if package else []
    above = node.level - 1
    assert above <= len(parts), f"an import of {package} leaves the package"
    return ".".join([*parts[: len(parts) - above], *filter(None, [node.module])])


def _within_package(name: str) -> str | None:
    first, _, rest = name.partition(".")
    return rest if first == PACKAGE else None
