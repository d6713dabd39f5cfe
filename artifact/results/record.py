"""What all records of the commands' JSON have in common.

A record is both what a command prints and what a report reads, so that each key is told once. Read
are also files of other versions: keys that are not known are left alone, and keys that a report
can do without need not be there.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
)


def _texts(machine: Any) -> Any:
    """A machine's description without what is no text."""
    if not isinstance(machine, dict):
        return machine
    return {name: value for name, value in machine.items() if isinstance(value, str)}


Machine = Annotated[dict[str, str], BeforeValidator(_texts)]
"""What a command says of a machine."""


class Record(BaseModel):
    """A part of what a command prints with ``--json``."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        # What may be infinite is written as Infinity; without this, it were null in some places.
        ser_json_inf_nan="constants",
    )


class SparseRecord(Record):
    """A record that is written with the keys that it was made with, and no others.

    Some keys are there only where they apply, such as what a phone told. Null in their place would
    say that they apply, and that their value is not known.
    """

    @model_serializer(mode="wrap")
    def _write_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}
