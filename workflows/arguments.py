"""What the API's functions are given, checked before anything is done with it."""

from __future__ import annotations

from ..artifact.annotations import ObjectAnnotations
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..artifact.size import shown_size, sides_of
from ..errors import UsageError
from ..tasks.average_precision import check_average_precision


def check_model(model: object) -> None:
    """Refuses what is no loaded model, and a model for a task that cannot be exported.

    Raises:
        UsageError: It is such a thing.
    """
    # Here, since what is torch-free checks its arguments too.
    from ..models.loading import LoadedModel

    if not isinstance(model, LoadedModel):
        raise UsageError(
            f"`model` must be what load_model or from_module gives, not {type(model).__name__}"
        )
    model.check_exportable()


def check_samples(name: str, images: object, preprocessing: Preprocessing) -> None:
    """Refuses images that were not made ready for a model.

    Args:
        name: The parameter's name.
        images: What it was given.
        preprocessing: The model's.

    Raises:
        UsageError: They are no :class:`Samples`, or of another size.
    """
    if not isinstance(images, Samples):
        raise UsageError(
            f"`{name}` must be Samples, as open_images gives them, not {type(images).__name__}"
        )
    height, width = images.pixels.shape[1:3]
    if (height, width) != sides_of(preprocessing.size):
        raise UsageError(
            f"`{name}` are {height} x {width} pixels, but the model takes"
            f" {shown_size(preprocessing.size)}; open them for this model"
        )


def check_measurable(images: Samples) -> None:
    """Refuses to judge a model by what cannot be measured here, before the work is done.

    Raises:
        MissingDependencyError: A package that measures it is not installed.
    """
    if any(isinstance(one, ObjectAnnotations) for one in images.annotations or ()):
        check_average_precision()


def check_counts(**counts: object) -> None:
    """Refuses what is no whole number of at least 1, by the parameters' names.

    Raises:
        UsageError: One is none.
    """
    for name, value in counts.items():
        check_count(name, value)


def check_count(name: str, value: object, least: int = 1) -> None:
    """Refuses what is no whole number, or a smaller one.

    Raises:
        UsageError: It is.
    """
    if type(value) is not int or value < least:
        raise UsageError(f"`{name}` must be a whole number of at least {least}, not {value!r}")
