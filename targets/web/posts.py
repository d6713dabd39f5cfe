"""The small things that the page posts, as records with an end to every text and number."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from ...process.text import printable
from ...runtime.work.job import Record
from .refusal import Refusal

MOST_FACTS = 64
"""That a browser tells of itself."""

LONGEST_NAME = 64
"""Characters of a fact's name."""

LONGEST_FACT = 2000
"""Characters of a fact."""

MOST_UNITS = 10**9
"""Of a request that can be done."""

Post = TypeVar("Post", bound=Record)

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(printable)]
_Fact = Annotated[str, Field(max_length=LONGEST_FACT), AfterValidator(printable)]


class Opening(Record):
    """What a browser tells of itself when it opens the page.

    Attributes:
        machine: Facts by their names.
    """

    machine: dict[_Name, _Fact] = Field(max_length=MOST_FACTS)


class Advance(Record):
    """How far a browser has come.

    Attributes:
        request: The request's number.
        done: Units that are done of it.
    """

    request: int = Field(strict=True, ge=0)
    done: int = Field(strict=True, ge=0, le=MOST_UNITS)


def parse_post(content: bytes, shape: type[Post]) -> Post:
    """What was posted.

    Raises:
        Refusal: It is something else.
    """
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        # Names of fields may be anybody's words, and so may values: neither is told.
        raise Refusal(HTTPStatus.BAD_REQUEST, f"posts no {shape.__name__.lower()}") from error
