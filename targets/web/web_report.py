"""What the page of a static site saves: its job's requests with their answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from ...artifact.bundle import Bundle
from ...artifact.files import digest_of
from ...artifact.manifest import FILE_NAME, Digest
from ...artifact.validation import first_fault
from ...errors import UsageError
from ...process.limits import LARGEST_TABLE
from ...process.reading import read_text
from ...process.text import one_line, printable
from ...runtime.work.job import Record
from .job import ship_files
from .posts import LONGEST_FACT, LONGEST_NAME, MOST_FACTS
from .protocol import AnyTask, CheckTask, WebAnswer, WebFile

MOST_REQUESTS = 2000
MOST_FILES = 200

_Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(printable)]
_Fact = Annotated[str, Field(max_length=LONGEST_FACT), AfterValidator(printable)]


class ReportedBundle(Record):
    """The bundle that the site was made of.

    Attributes:
        name: As its manifest has it.
        manifest_sha256: Of its ``manifest.json``, in hex.
    """

    name: str
    manifest_sha256: Digest


class ReportedRequest(Record):
    """A request that was done, as far as files were left of it, and its answer."""

    task: AnyTask
    answer: WebAnswer


class WebReport(Record):
    """A report as the page saves it.

    Attributes:
        report: Version of this record.
        created: When, in UTC, by the browser's clock.
        bundle: What was run.
        machine: What the browser tells of itself.
        files: The job's files; tasks name them by their numbers.
        requests: What was done.
    """

    report: Literal[1]
    created: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    bundle: ReportedBundle
    machine: dict[_Name, _Fact] = Field(max_length=MOST_FACTS)
    files: tuple[WebFile, ...] = Field(min_length=1, max_length=MOST_FILES)
    requests: tuple[ReportedRequest, ...] = Field(min_length=1, max_length=MOST_REQUESTS)


@dataclasses.dataclass(frozen=True)
class OpenedReport:
    """A report that is of a bundle.

    Attributes:
        report: The report.
        files: Its files, as the bundle itself has them.
        where: Its path, for messages.
    """

    report: WebReport
    files: tuple[WebFile, ...]
    where: str


def open_web_report(path: Path, bundle: Bundle) -> OpenedReport:
    """Reads a report and holds that it is of a bundle.

    Args:
        path: The report.
        bundle: The bundle.

    Raises:
        UsageError: It cannot be read, or is of another bundle or of other files.
    """
    try:
        report = WebReport.model_validate_json(read_text(path, LARGEST_TABLE))
    except ValidationError as error:
        reason = printable(one_line(first_fault(error, "the text")))
        raise UsageError(
            f"{path}: no report of a browser ({reason}); save it again on a site of this version"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read ({one_line(str(error))})") from error
    if report.bundle.manifest_sha256 != digest_of(bundle.folder / FILE_NAME):
        raise UsageError(
            f"{path}: is of another bundle ({printable(report.bundle.name)}), whose {FILE_NAME}"
            f" differs from that of {bundle.folder}; give the bundle that the site was made of"
        )
    _hold_requests(report, path, len(bundle.golden().pixels))
    return OpenedReport(report, _own_files(report.files, bundle, path), str(path))


def _own_files(reported: Sequence[WebFile], bundle: Bundle, path: Path) -> tuple[WebFile, ...]:
    """The report's files, as the bundle itself has them: a report could say anything of them.

    Raises:
        UsageError: One is none of the bundle's, or is named twice.
    """
    if len({file.name for file in reported}) < len(reported):
        raise UsageError(f"{path}: names a file twice")
    paths = {file.name: file for file in bundle.files}
    known = [paths.get(file.name) for file in reported]
    shipped = ship_files([one for one in known if one is not None]).files
    own = {file.name: file for file in shipped}
    for file in reported:
        mine = own.get(file.name)
        if mine is None or mine.model_copy(update={"path": file.path}) != file:
            raise UsageError(f"{path}: {printable(file.name)} is not that file of {bundle.folder}")
    return tuple(own[file.name] for file in reported)


def _hold_requests(report: WebReport, path: Path, golden: int) -> None:
    """Holds that tasks name files of the report, and images of the bundle.

    Raises:
        UsageError: One does not.
    """
    known = set(range(len(report.files)))
    for number, request in enumerate(report.requests):
        files = request.task.files
        if len(set(files)) < len(files) or not set(files) <= known:
            raise UsageError(f"{path}: requests.{number}.task.files are no such files")
        if isinstance(request.task, CheckTask) and request.task.images.shape[0] > golden:
            raise UsageError(f"{path}: requests.{number} ran more images than the bundle has")
