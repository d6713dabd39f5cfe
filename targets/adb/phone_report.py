"""What the app's own benchmark screen leaves: requests of the protocol with the app's answers.

``docs/device-protocol.md`` states it for the app. Nothing of it was watched by a computer: outputs
stay on the phone, so parity is what the app itself says of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ...artifact.bundle import Bundle
from ...artifact.files import digest_of
from ...artifact.manifest import FILE_NAME, BundlePath, Digest
from ...artifact.validation import first_fault
from ...errors import UsageError
from ...process.reading import read_text
from ...process.text import one_line, printable
from ...runtime.work.job import FileAnswer, Record
from .protocol import AloneTask, CheckTask, DeviceAnswer, OwnParity, TimeTask

LARGEST = 4_000_000
"""Bytes of a report; the app's own are below 500 kB."""

MOST_REQUESTS = 2000
MOST_FILES = 200


class ReportedBundle(Record):
    """The bundle that was measured.

    Attributes:
        name: As its manifest has it.
        manifest_sha256: Of its ``manifest.json``, in hex.
    """

    name: str
    manifest_sha256: Digest


class ReportedFile(Record):
    """A file that was measured.

    Attributes:
        path: Relative to the bundle's folder.
        sha256: Of its content, in hex, as the app found it.
        bytes: Its size.
    """

    path: BundlePath
    sha256: Digest
    bytes: int


class ReportedCheck(Record):
    """What a check tells in a report: the same as :class:`.CheckResult` without outputs."""

    files: tuple[FileAnswer, ...]
    parities: tuple[OwnParity | None, ...]


class ReportedRequest(Record):
    """A request that the app asked of itself, and its answer."""

    task: Annotated[CheckTask | AloneTask | TimeTask, Field(discriminator="task")]
    answer: DeviceAnswer


class PhoneReport(Record):
    """A report as the app saves it.

    Attributes:
        report: Version of this record.
        created: When, in UTC, by the phone's clock.
        bundle: What was measured.
        files: Its files; tasks name them by their numbers.
        requests: For each accelerator a check of all files that it takes, then those that ran
            alone, and in turns.
    """

    report: Literal[1]
    created: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    bundle: ReportedBundle
    files: tuple[ReportedFile, ...] = Field(min_length=1, max_length=MOST_FILES)
    requests: tuple[ReportedRequest, ...] = Field(min_length=1, max_length=MOST_REQUESTS)


def read_phone_report(path: Path, bundle: Bundle) -> PhoneReport:
    """Reads a report and holds that it is of a bundle.

    Args:
        path: The report.
        bundle: The bundle.

    Raises:
        UsageError: It cannot be read, or is of another bundle or of other files.
    """
    try:
        report = PhoneReport.model_validate_json(read_text(path, LARGEST))
    except ValidationError as error:
        reason = printable(one_line(first_fault(error, "the text")))
        raise UsageError(
            f"{path}: no phone's report ({reason}); save it again in the app of this version"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read ({one_line(str(error))})") from error
    if report.bundle.manifest_sha256 != digest_of(bundle.folder / FILE_NAME):
        raise UsageError(
            f"{path}: is of another bundle ({printable(report.bundle.name)}), whose {FILE_NAME}"
            f" differs from that of {bundle.folder}; give the bundle that is in the app"
        )
    records = {record.file.path: record.file for record in bundle.manifest.artifacts}
    for file in report.files:
        record = records.get(file.path)
        if record is None or (record.sha256, record.bytes) != (file.sha256, file.bytes):
            raise UsageError(f"{path}: {printable(file.path)} is not that file of {bundle.folder}")
    _hold_numbers(report, path)
    return report


def _hold_numbers(report: PhoneReport, path: Path) -> None:
    """Holds that tasks name files of the report, and that all have the same threads.

    Raises:
        UsageError: One does not.
    """
    known = range(len(report.files))
    for number, request in enumerate(report.requests):
        files = request.task.files
        if not files or len(set(files)) < len(files) or not set(files) <= set(known):
            raise UsageError(f"{path}: requests.{number}.task.files are none, or no such files")
    if len({request.task.threads for request in report.requests}) > 1:
        raise UsageError(f"{path}: its requests have several numbers of threads")
