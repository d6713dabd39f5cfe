"""A preprocessing with who stated each of its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..artifact.preprocessing import Preprocessing
from ..artifact.size import Size, as_size
from ..errors import ConfigError, UsageError

GIVEN = "given"
FILE = "preprocessing file"
CONFIG = "config file"
CHECKPOINT = "checkpoint"
TIMM = "timm's pretrained_cfg"
PUBLISHED = "published values"
OPENMMLAB = "usual of mmdet and mmseg"
DEFAULT = "default"
"""Who stated a value, as manifests tell it; the first beat the later ones."""

_ASSUMED = (PUBLISHED, OPENMMLAB, DEFAULT)
"""Sources that did not state a value for this model, so that nothing contradicts them."""

PARAMETERS = tuple(field.name for field in dataclasses.fields(Preprocessing))

USUALLY_STATED = ("crop_ratio", "interpolation", "mean", "std")
"""What differs between trainings, so that it is told where it was assumed."""


@dataclasses.dataclass(frozen=True)
class StatedPreprocessing:
    """A preprocessing with who stated each of its parameters.

    Attributes:
        preprocessing: The preprocessing.
        sources: Who stated it, by parameter.
        conflicts: What one source stated and another one overrode, a line each.
    """

    preprocessing: Preprocessing
    sources: Mapping[str, str]
    conflicts: tuple[str, ...] = ()

    @classmethod
    def by(cls, preprocessing: Preprocessing, source: str) -> StatedPreprocessing:
        """What one source states as a whole."""
        return cls(preprocessing, dict.fromkeys(PARAMETERS, source))

    def updated(self, stated: Mapping[str, Any], source: str) -> StatedPreprocessing:
        """The same with parameters that another source states, and that beat those of before.

        Args:
            stated: Values by parameter.
            source: Who states them.

        Raises:
            ConfigError: A value is impossible.
            UsageError: A parameter is unknown.
        """
        unknown = stated.keys() - set(PARAMETERS)
        if unknown:
            raise UsageError(
                f"`preprocessing` has no {', '.join(sorted(map(str, unknown)))}; it has"
                f" {', '.join(PARAMETERS)}"
            )
        values = dict(stated)
        if "mean" in values and self.sources["padding"] not in (GIVEN, FILE):
            values.setdefault("padding", None)  # the new mean's colour
        try:
            used = dataclasses.replace(self.preprocessing, **values)
        except TypeError as error:
            raise ConfigError(f"preprocessing: a parameter has a wrong type ({error})") from error
        sources = {**self.sources, **dict.fromkeys(values, source)}
        conflicts = tuple(self._conflict(name, used, source) for name in stated)
        return StatedPreprocessing(used, sources, self.conflicts + tuple(filter(None, conflicts)))

    def _conflict(self, name: str, used: Preprocessing, source: str) -> str:
        """What another source stated of a parameter; nothing where it is the same.

        A size that is given is no contradiction: models run at other sizes than they were trained.
        """
        before, after = getattr(self.preprocessing, name), getattr(used, name)
        if before == after or self.sources[name] in _ASSUMED or (name, source) == ("size", GIVEN):
            return ""
        return (
            f"preprocessing: took {name} {shown(after)} ({source}), not {shown(before)}"
            f" ({self.sources[name]})"
        )

    def with_changes(
        self, changes: Preprocessing | Mapping[str, Any] | None, size: Size | None
    ) -> StatedPreprocessing:
        """The same with what a caller gave.

        Args:
            changes: A whole preprocessing, or some of its parameters by name.
            size: Of the input in pixels, where the caller chose it.

        Raises:
            UsageError: A parameter is unknown or impossible, or two sizes were given.
        """
        if isinstance(changes, Preprocessing):
            if size is not None and changes.at_size(size) != changes:
                raise UsageError("`input_size` and `preprocessing` state two sizes; give one")
            return self.updated(dataclasses.asdict(changes), GIVEN)
        if changes is not None and not isinstance(changes, Mapping):
            raise UsageError(
                "`preprocessing` takes a Preprocessing, or some of its parameters by name, not"
                f" {type(changes).__name__}"
            )
        given = dict(changes or {})
        if size is not None:
            checked = _checked_size(size)
            if "size" in given and given["size"] != checked:
                raise UsageError("`input_size` and `preprocessing` state two sizes; give one")
            given["size"] = checked
        return self.updated(given, GIVEN)


def shown(value: object) -> str:
    """A parameter's value in a line."""
    if isinstance(value, tuple):
        return " ".join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _checked_size(size: Size) -> Size:
    """A size that a caller gave.

    Raises:
        UsageError: It is none.
    """
    try:
        return as_size(size)
    except ConfigError as error:
        raise UsageError(f"`input_size`: {error}") from error
