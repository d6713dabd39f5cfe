"""Damaging exported files: the weights of one module, wherever and however a file holds them.

They are found among the file's bytes, so that one code does for all formats.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, str, int]
"""Where numbers start in a file, their type and their count."""


def damage_weights(path: Path, weight: NDArray[Any], twice: float | None) -> None:
    """Changes the weights of one module in a file, in place.

    Args:
        path: The file, or a package's folder.
        weight: The weights that it holds, in float32 or rounded.
        twice: The share of output channels that is doubled, from the first on, by their scales
            where these are quantized; None for weights in reversed order.
    """
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    hits = 0
    for file in files:
        content = bytearray(file.read_bytes())
        for start, kind, count in _places(bytes(content), weight, twice):
            size = np.dtype(kind).itemsize
            part = slice(start, start + count * size)
            values = np.frombuffer(bytes(content[part]), kind).copy()
            if twice is None:
                values = values[::-1]
            else:
                values[: round(count * twice)] *= 2
            content[part] = values.tobytes()
            hits += 1
        file.write_bytes(content)
    assert hits == 1, f"the weights are {hits} times in {path.name}"


def _places(content: bytes, weight: NDArray[Any], twice: float | None) -> list[Place]:
    """Where a file holds weights, or their steps or scales if it is these that are to change."""
    wanted = [
        (layout, kind, tolerance)
        for kind, tolerance in (("<f4", 1e-6), ("<f2", 1e-3))
        for layout in _layouts(weight)
    ]
    found = {place for item in wanted for place in _matches(content, *item)}
    if found or weight.squeeze().ndim < 2:
        return sorted(found)
    scale = np.abs(weight.reshape(len(weight), -1)).max(1) / 127
    wanted = [(scale, "<f4", 1e-3), (scale, "<f2", 5e-3)]
    if twice is None:
        steps = weight / scale.reshape(-1, *[1] * (weight.ndim - 1))
        wanted = [(layout, "i1", 0.02) for layout in _layouts(steps)]
    return sorted({place for item in wanted for place in _matches(content, *item)})


def _matches(content: bytes, values: NDArray[Any], kind: str, tolerance: float) -> list[Place]:
    """Where a file holds some values, up to rounding."""
    flat = values.reshape(-1).astype(np.float32)
    bound = np.abs(flat) * tolerance + (1 if kind == "i1" else 1e-9)
    size, places = np.dtype(kind).itemsize, []
    for phase in range(size):
        with np.errstate(invalid="ignore"):
            stored = np.frombuffer(content, kind, (len(content) - phase) // size, phase)
            stored = np.nan_to_num(stored.astype(np.float32))
        starts = np.arange(len(stored) - len(flat) + 1)
        for offset in range(min(len(flat), 12)):
            starts = starts[np.abs(stored[starts + offset] - flat[offset]) <= bound[offset]]
        for start in starts:
            if (np.abs(stored[start : start + len(flat)] - flat) <= bound).mean() > 0.9:
                places.append((phase + size * int(start), kind, len(flat)))
    return places


def _layouts(weight: NDArray[Any]) -> list[NDArray[Any]]:
    """Weights [O, I, h, w] in the orders that formats store them in."""
    orders = [weight]
    if weight.ndim == 2:
        orders.append(weight.T)
    elif weight.ndim == 4:
        orders.append(weight.transpose(0, 2, 3, 1))
    if weight.ndim == 4 and weight.shape[1] == 1:
        orders.append(weight.transpose(1, 2, 3, 0))
    unique: dict[bytes, NDArray[Any]] = {}
    for order in orders:
        unique.setdefault(order.tobytes(), order)
    return list(unique.values())
