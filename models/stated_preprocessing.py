"""A preprocessing with who stated each of its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..artifact.preprocessing import Preprocessing
from ..artifact.size import Size, as_size
from ..errors import ConfigError, UsageError

GIVEN = "given"
CHECKPOINT = "checkpoint"
CONFIG = "config file"
TIMM = "timm's pretrained_cfg"
PUBLISHED = "published values"
DEFAULT = "default"
"""Who stated a value, as manifests tell it."""

PARAMETERS = tuple(field.name for field in dataclasses.fields(Preprocessing))


@dataclasses.dataclass(frozen=True)
class StatedPreprocessing:
    """A preprocessing with who stated each of its parameters.

    Attributes:
        preprocessing: The preprocessing.
        sources: Who stated it, by parameter.
    """

    preprocessing: Preprocessing
    sources: Mapping[str, str]

    @classmethod
    def by(cls, preprocessing: Preprocessing, source: str) -> StatedPreprocessing:
        """What one source states as a whole."""
        return cls(preprocessing, dict.fromkeys(PARAMETERS, source))

    def with_changes(
        self,
        changes: Preprocessing | Mapping[str, Any] | None,
        size: Size | None,
        usual: Size,
    ) -> StatedPreprocessing:
        """The same with what a caller gave.

        Args:
            changes: A whole preprocessing, or some of its parameters by name.
            size: Of the input in pixels, where the caller chose it.
            usual: The same as the architecture has it.

        Raises:
            UsageError: A parameter is unknown or impossible, or two sizes were given.
        """
        if isinstance(changes, Preprocessing):
            if size is not None and changes.at_size(size) != changes:
                raise UsageError("`input_size` and `preprocessing` state two sizes; give one")
            return StatedPreprocessing.by(changes, GIVEN)
        given = dict(changes or {})
        unknown = given.keys() - set(PARAMETERS)
        if unknown:
            raise UsageError(
                f"`preprocessing` has no {', '.join(sorted(unknown))}; it has"
                f" {', '.join(PARAMETERS)}"
            )
        if size is not None:
            given["size"] = _checked_size(size)
        if "mean" in given and self.sources["padding"] != GIVEN:
            given.setdefault("padding", None)
        try:
            used = dataclasses.replace(self.preprocessing, **{"size": usual, **given})
        except TypeError as error:
            raise ConfigError(f"preprocessing: a parameter has a wrong type ({error})") from error
        return StatedPreprocessing(used, {**self.sources, **dict.fromkeys(given, GIVEN)})


def _checked_size(size: Size) -> Size:
    """A size that a caller gave.

    Raises:
        UsageError: It is none.
    """
    try:
        return as_size(size)
    except ConfigError as error:
        raise UsageError(f"`input_size`: {error}") from error
