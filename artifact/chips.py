"""The Snapdragon chips whose NPU a file can be compiled for, by the names that people use.

``soc_model`` and ``htp_arch`` are Qualcomm's numbers: those of ExecuTorch's ``qc_schema.py``, and
of the SDK's header ``QnnTypes.h`` for the chips that are not there. Each was tried with the
compiler.
"""

from __future__ import annotations

import dataclasses

from ..errors import UsageError


@dataclasses.dataclass(frozen=True)
class Chip:
    """A Snapdragon chip with a Hexagon Tensor Processor (HTP), its NPU.

    Attributes:
        name: On command lines and in file names, such as ``8gen2``.
        title: As Qualcomm sells it, without Snapdragon.
        part: What Android calls it, see ``ro.soc.model``.
        soc_model: Qualcomm's number of the chip.
        htp_arch: Generation of its HTP.
        has_floats: Whether its HTP computes in float16; the others take integers only.
    """

    name: str
    title: str
    part: str
    soc_model: int
    htp_arch: int
    has_floats: bool = True

    def __str__(self) -> str:
        return f"Snapdragon {self.title} ({self.part}, HTP v{self.htp_arch})"

    def check(self, precision: str) -> None:
        """Checks that the NPU computes in a precision.

        Raises:
            UsageError: It does not.
        """
        if precision == "fp16" and not self.has_floats:
            raise UsageError(
                f"the NPU of {self} computes in integers alone; export in w8a16 or int8 for it"
            )


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("8gen1", "8 Gen 1", "SM8450", 36, 69),
        Chip("8plusgen1", "8+ Gen 1", "SM8475", 42, 69),
        Chip("7plusgen2", "7+ Gen 2", "SM7475", 54, 69, has_floats=False),
        Chip("8gen2", "8 Gen 2", "SM8550", 43, 73),
        Chip("8sgen3", "8s Gen 3", "SM8635", 68, 73, has_floats=False),
        Chip("7plusgen3", "7+ Gen 3", "SM7675", 70, 73, has_floats=False),
        Chip("8gen3", "8 Gen 3", "SM8650", 57, 75),
        Chip("8sgen4", "8s Gen 4", "SM8735", 85, 73, has_floats=False),
        Chip("8elite", "8 Elite", "SM8750", 69, 79),
        Chip("8gen5", "8 Gen 5", "SM8845", 97, 81),
        Chip("8elitegen5", "8 Elite Gen 5", "SM8850", 87, 81),
    )
}
"""By name, from the oldest to the newest."""


def chip_of(name: str) -> Chip:
    """The chip of a name.

    Raises:
        UsageError: There is none; the message lists them.
    """
    if name not in CHIPS:
        known = ", ".join(f"{chip.name} ({chip.title})" for chip in CHIPS.values())
        raise UsageError(f"chip {name!r} is unknown; choose one of {known}")
    return CHIPS[name]
