"""What a Mac said about a bundle's Core ML packages: the report of ``check_on_mac.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import ArtifactError
from ..process.limits import LARGEST_TABLE
from ..process.reading import read_bytes
from .manifest import Digest, Manifest
from .validation import first_fault


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Milliseconds(_Part):
    """Time of one inference: median, and the range that 80 % of them lie in."""

    median: float = Field(ge=0)
    p10: float = Field(ge=0)
    p90: float = Field(ge=0)
    runs: int = Field(ge=1)


class UnitResult(_Part):
    """A package on one choice of compute units.

    Attributes:
        logits: Of the bundle's golden vectors, [N][K].
        milliseconds: Time of one inference.
        devices: Number of ops by the device that Core ML prefers for them.
        cost: Share of the estimated work, by device.
        ops: Kind and preferred device of each op.
        failure: Why there is none of this.
    """

    logits: list[list[float]] = []
    milliseconds: Milliseconds | None = None
    devices: dict[str, int] = {}
    cost: dict[str, float] = {}
    ops: list[tuple[str, str]] = []
    failure: str | None = None

    @model_validator(mode="after")
    def _is_result_or_failure(self) -> UnitResult:
        if (self.failure is None) != bool(self.logits and self.milliseconds):
            raise ValueError("a unit has either logits and times, or a failure")
        if len(set(map(len, self.logits))) > 1:
            raise ValueError("a unit has as many logits for each image")
        return self

    def logits_array(self) -> NDArray[np.float32]:
        """The logits, float32 [N, K]."""
        return np.array(self.logits, np.float32)


class PackageResult(_Part):
    """A package on all choices of compute units, by their names in coremltools."""

    sha256: Digest
    units: dict[str, UnitResult]


class MacReport(_Part):
    """Everything that the Mac said."""

    version: Literal[1]
    machine: dict[str, str]
    packages: dict[str, PackageResult]


def read_mac_report(path: Path, manifest: Manifest) -> MacReport:
    """Reads a report and checks that it is about a bundle's packages.

    Raises:
        ArtifactError: It cannot be read, is of another version, or about other packages.
    """
    try:
        report = MacReport.model_validate_json(read_bytes(path, LARGEST_TABLE))
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise ArtifactError(
            f"{path}: is no report of check_on_mac.py ({first_fault(error)})"
        ) from error
    digests = {item.file.path: item.file.sha256 for item in manifest.artifacts}
    for name, package in report.packages.items():
        if digests.get(name) != package.sha256:
            raise ArtifactError(
                f"{path}: is about another {name}; run check_on_mac.py on this bundle again"
            )
    return report
