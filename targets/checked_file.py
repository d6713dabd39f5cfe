"""A bundle's file that was checked by golden vectors where it is to be timed."""

from __future__ import annotations

import dataclasses

from ..artifact.golden import GoldenVectors
from ..artifact.manifest import ArtifactRecord, Manifest, Parity
from ..artifact.outputs import Outputs
from ..artifact.results.checked_file import CheckedFileResult
from ..errors import CheckError
from ..judging.promise import promise_of
from ..runtime.work.job import FileAnswer
from ..tasks.registry import task_of

GOLDEN = "golden vectors"


@dataclasses.dataclass(frozen=True)
class CheckedFile:
    """What became of a file.

    Attributes:
        file: Its name.
        accelerator: What ran it.
        answer: What was said of it there; None where that place failed as a whole.
        parity: How closely it follows the eager model; None where it did not run.
        failure: Why it does not hold, or None.
    """

    file: str
    accelerator: str
    answer: FileAnswer | None
    parity: Parity | None
    failure: str | None

    def record(self) -> CheckedFileResult:
        """The same as it is written."""
        # What is said there of a failure is within ours.
        answer = self.answer.model_dump(exclude={"failure"}) if self.answer else {}
        return CheckedFileResult(
            file=self.file,
            accelerator=self.accelerator,
            failure=self.failure,
            parity=self.parity,
            **answer,
        )


def judge_outputs(
    record: ArtifactRecord,
    manifest: Manifest,
    golden: GoldenVectors,
    outputs: Outputs,
    answer: FileAnswer,
    accelerator: str,
    *,
    half: bool,
) -> CheckedFile:
    """Judges what a file gave for golden vectors.

    Args:
        record: What the bundle states of the file.
        manifest: The bundle's.
        golden: Its golden vectors.
        outputs: What the file gave for their pixels.
        answer: What was said of it there.
        accelerator: What ran it.
        half: Whether that may round float32 to half precision.
    """
    name = record.file.path
    try:
        task = task_of(manifest.task)
        reference = task.reference(golden.outputs, tuple(one.name for one in record.outputs))
        parity = task.compare(reference, outputs, None, GOLDEN)
    except CheckError as error:
        return CheckedFile(name, accelerator, answer, None, str(error))
    trained = manifest.source.fit_for_accuracy
    promise = promise_of(record.precision, half=half, trained=trained)
    return CheckedFile(name, accelerator, answer, parity, promise.breach(parity))
