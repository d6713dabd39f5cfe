"""Grids of exports, measured on one machine or many.

>>> from lowformer_edge.sweep import Budget, read_grid, sweep
>>> result = sweep(read_grid("grid.yaml"), "sweep", budget=Budget(milliseconds=20))
>>> result.best.bundle

Importing this loads nothing else; each name brings what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .budget import Budget
    from .grid import Grid
    from .grid_file import grid_of, read_grid
    from .preview import preview_sweep
    from .sweeping import sweep

_HOME_OF = {
    "Budget": "budget",
    "Grid": "grid",
    "grid_of": "grid_file",
    "preview_sweep": "preview",
    "read_grid": "grid_file",
    "sweep": "sweeping",
}

__all__ = ["Budget", "Grid", "grid_of", "preview_sweep", "read_grid", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value
