"""A preprocessing in words, with who stated each of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .preprocessing import Preprocessing

_BY_MODE: Mapping[str, tuple[str, ...]] = {
    "crop": ("crop_ratio",),
    "letterbox": ("padding", "padding_place"),
}
"""Parameters that matter in one resize mode alone."""


def described_preprocessing(preprocessing: Preprocessing) -> str:
    """What is done with an image, with the numbers."""
    mean, std = (_numbers(values) for values in (preprocessing.mean, preprocessing.std))
    return f"{preprocessing.description}; mean {mean}, std {std}"


def described_sources(preprocessing: Preprocessing, sources: Mapping[str, str]) -> str:
    """Who stated the parameters that matter, those of one source together.

    Args:
        preprocessing: The preprocessing.
        sources: Who stated each parameter, by its name.
    """
    own = _BY_MODE.get(preprocessing.resize_mode, ())
    others = {name for names in _BY_MODE.values() for name in names} - set(own)
    groups: dict[str, list[str]] = {}
    for name, source in sources.items():
        if name not in others:
            groups.setdefault(source, []).append(name)
    if len(groups) == 1:
        return f"all from {next(iter(groups))}"
    return "; ".join(f"{', '.join(names)} from {source}" for source, names in groups.items())


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:g}" for value in values)
