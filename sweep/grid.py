"""What a sweep goes through: models, sizes, formats and precisions, and where files are timed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..artifact.formats import FORMATS
from ..artifact.size import Size, as_size, parse_size
from ..errors import UsageError
from ..export.spec import PRECISIONS
from ..process.text import shown_value
from ..targets.registry import open_target
from ..workflows.defaults import CALIBRATION_IMAGES, EVALUATION_IMAGES

ATTEMPTS = 3
"""How often files are timed whose figures mean nothing."""


def _as_list(value: Any) -> Any:
    """One value where several may be given."""
    return value if isinstance(value, list | tuple) else [value]


def _as_model(value: Any) -> Any:
    """A model's name, or all that is said of it."""
    return {"name": value} if isinstance(value, str) else value


def _as_size(value: Any) -> Size:
    """A side, height and width, or both as one text.

    Raises:
        ValueError: It is no size.
    """
    try:
        return parse_size(value) if isinstance(value, str) else as_size(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _one_of(known: Collection[str]) -> Callable[[str], str]:
    """What refuses names that are not known."""

    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{shown_value(name)} is unknown; there are {', '.join(known)}")
        return name

    return check


def _as_place(name: str) -> str:
    """A place's name as it is spelled.

    Raises:
        ValueError: There is no such place.
    """
    try:
        return open_target(name).name
    except UsageError as error:
        raise ValueError(str(error)) from error


class Strict(BaseModel):
    """A part of a grid; keys that are unknown are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelChoice(Strict):
    """A model, as :func:`lowformer_edge.load_model` takes it.

    Attributes:
        name: A registered variant.
        weights: A checkpoint's file.
        config: The authors' YAML or our JSON, where the checkpoint does not state it.
        task: ``detection`` or ``segmentation``, likewise.
        num_classes: Overrides the config's.
        random_weights: Whether there is no checkpoint: for latency only.
        title: What tables call it; the checkpoint's or variant's name by default.
    """

    name: str | None = None
    weights: Annotated[Path, Field(strict=False)] | None = None
    config: Annotated[Path, Field(strict=False)] | None = None
    task: str | None = None
    num_classes: int | None = Field(default=None, ge=1)
    random_weights: bool = False
    title: str = ""

    @property
    def shown_name(self) -> str:
        """What tables call it."""
        if self.title:
            return self.title
        return self.weights.stem if self.weights else self.name or "demo"


class ImageData(Strict):
    """Images that workers read from where they lie.

    Attributes:
        data: A folder or an archive, or a URL of one archive that fsspec reads; the bundled images
            or those of the calibration if None.
        labels: What is known of them, see :func:`lowformer_edge.open_images`.
        reduce_zero_label: Likewise.
        count: At most how many of them.
    """

    data: str | None = None
    labels: Annotated[Path, Field(strict=False)] | None = None
    reduce_zero_label: bool | None = None
    count: int = Field(default=EVALUATION_IMAGES, ge=1)


class Timing(Strict):
    """How files are timed.

    Attributes:
        runs: Timed runs of each file.
        processes: That share them.
        attempts: How often files are timed whose figures mean nothing, before these are shown as
            INVALID.
    """

    runs: int = Field(default=100, ge=1)
    processes: int = Field(default=5, ge=2)
    attempts: int = Field(default=ATTEMPTS, ge=1)


_Sizes = Annotated[
    tuple[Annotated[Any, BeforeValidator(_as_size)], ...],
    Field(strict=False),
    BeforeValidator(_as_list),
]
_Several = (Field(strict=False, min_length=1), BeforeValidator(_as_list))
_Formats = Annotated[tuple[Annotated[str, AfterValidator(_one_of(FORMATS))], ...], *_Several]
_Precisions = Annotated[tuple[Annotated[str, AfterValidator(_one_of(PRECISIONS))], ...], *_Several]
_Places = Annotated[tuple[Annotated[str, AfterValidator(_as_place)], ...], *_Several]
_Texts = Annotated[tuple[str, ...], *_Several]
_Counts = Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], *_Several]
_Model = Annotated[ModelChoice, BeforeValidator(_as_model)]


class Grid(Strict):
    """What a sweep goes through; each of a kind with each of the others, where that exists.

    Attributes:
        models: The models.
        sizes: Pixels of the input's side; the model's own if there are none.
        formats: Of files.
        precisions: Likewise.
        observers: How activation ranges are taken, of precisions that need them.
        max_drops: Points that files in INT8 may lose, each a search for a mix of precisions, beside
            INT8 throughout.
        batches: Images per inference.
        places: Where files are timed, or their instructions counted.
        threads: Of the runtimes that time them.
        timing: How they are timed.
        calibration: Images for activation ranges.
        evaluation: Images that files are judged by.
    """

    models: Annotated[tuple[_Model, ...], *_Several]
    sizes: _Sizes = ()
    formats: _Formats = ("tflite",)
    precisions: _Precisions = ("fp32", "int8")
    observers: _Texts = ("minmax",)
    max_drops: Annotated[
        tuple[Annotated[float, Field(ge=0, strict=False)], ...],
        Field(strict=False),
        BeforeValidator(_as_list),
    ] = ()
    batches: _Counts = (1,)
    places: _Places = ("host",)
    threads: _Counts = (1,)
    timing: Timing = Timing()
    calibration: ImageData = ImageData(count=CALIBRATION_IMAGES)
    evaluation: ImageData = ImageData()

    @model_validator(mode="after")
    def _check_names(self) -> Grid:
        """Refuses models that tables could not tell apart.

        Raises:
            ValueError: Two of them have one name.
        """
        names = [model.shown_name for model in self.models]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise ValueError(f"models: {twice[0]} is there twice; give one of them a `title`")
        return self
