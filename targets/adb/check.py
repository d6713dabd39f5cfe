"""Checking a bundle's files on a phone by their hashes and its golden vectors."""

from __future__ import annotations

import dataclasses
import math

from ...artifact.golden import GoldenVectors
from ...artifact.interface import BOXES_NAME, SCORES_NAME
from ...artifact.manifest import ArtifactRecord, Closeness, Parity
from ...artifact.outputs import Outputs
from ...errors import TargetError
from ...process.limits import LONGEST_INFERENCE_S
from ...runtime.work.job import FileAnswer
from ...tasks.names import DETECTION
from ..checked_file import CheckedFile, judge_outputs
from .app import AdbApp
from .choice import SUFFIXES, AdbChoice
from .protocol import (
    CheckResult,
    CheckTask,
    OwnCloseness,
    OwnParity,
    parse_run,
)
from .shipment import ShippedBundle

DECODED = (BOXES_NAME, SCORES_NAME)
"""Outputs whose golden ones are computed from a detector's maps, here alone."""

TOLERANCE = 1e-6
"""By how much, relatively, the app's own figures may differ from ours of the same values."""


@dataclasses.dataclass(frozen=True)
class DeviceCheck:
    """A check that is asked for: a bundle's files on an accelerator."""

    bundle: ShippedBundle
    task: CheckTask
    golden: GoldenVectors


def checks_of(bundle: ShippedBundle, target: AdbChoice, threads: int) -> list[DeviceCheck]:
    """The checks of a bundle's files, on every accelerator that takes some of them."""
    golden = GoldenVectors.load(bundle.path / bundle.manifest.golden.path)
    checks = []
    for accelerator, suffixes in SUFFIXES.items():
        taken = [
            number for number, record in bundle.files.items() if record.file.path.endswith(suffixes)
        ]
        if taken:
            inferences = len(taken) * len(golden.pixels)
            task = CheckTask(
                files=tuple(taken),
                threads=threads,
                accelerator=accelerator,
                timeout_s=target.patience + LONGEST_INFERENCE_S * inferences,
                bundle=bundle.name,
            )
            checks.append(DeviceCheck(bundle, task, golden))
    return checks


def check_on(app: AdbApp, number: int, check: DeviceCheck, target: AdbChoice) -> list[CheckedFile]:
    """Has a check done.

    Args:
        app: On the phone.
        number: Of the request.
        check: What is asked.
        target: The phone.

    Raises:
        TargetError: The app failed on the accelerator that is to be measured, or what it says of
            parity is not what its own outputs say.
    """
    records = [check.bundle.files[file] for file in check.task.files]
    accelerator = check.task.accelerator
    try:
        answer = app.do(number)
    except TargetError as error:
        # A driver may take the whole process with it; that is no matter where it is not measured.
        if accelerator == target.accelerator or accelerator == "cpu":
            raise
        return [
            CheckedFile(record.file.path, accelerator, None, None, str(error)) for record in records
        ]
    given = [record.outputs for record in records]
    result = parse_run(answer, CheckResult, given, len(check.golden.pixels), target.name)
    found = []
    for record, said, arrays, own in zip(
        records, result.files, result.outputs, result.parities, strict=True
    ):
        outputs = app.fetch(number, arrays)
        if outputs is None:
            found.append(CheckedFile(record.file.path, accelerator, said, None, said.failure))
        else:
            found.append(_judged(record, check, said, outputs, own, target.name))
    return found


def _judged(
    record: ArtifactRecord,
    check: DeviceCheck,
    said: FileAnswer,
    outputs: Outputs,
    own: OwnParity | None,
    where: str,
) -> CheckedFile:
    """A file that ran, with our judgement of its outputs."""
    name, accelerator = record.file.path, check.task.accelerator
    half = accelerator == "gpu-fp16"
    judged = judge_outputs(
        record, check.bundle.manifest, check.golden, outputs, said, accelerator, half=half
    )
    if judged.parity is None:
        return judged
    if own is None or not _agree(own, judged.parity, check.bundle.manifest.task):
        raise TargetError(
            f"{where}: what the app says of {name} is not what its own outputs say; install the app"
            " of this version"
        )
    return judged


def _agree(own: OwnParity, ours: Parity, task: str) -> bool:
    """Whether the app judged outputs as we do; it leaves to us what needs decoding."""
    judged = {name: item for name, item in ours.outputs.items() if name not in DECODED}
    if own.outputs.keys() != judged.keys() or (own.agreement is None) != (task == DETECTION):
        return False
    if own.agreement is not None:
        assert ours.agreement is not None
        if not _is_same(own.agreement, ours.agreement.value):
            return False
    return all(_are_alike(own.outputs[name], item) for name, item in judged.items())


def _are_alike(own: OwnCloseness, ours: Closeness) -> bool:
    """Whether the app found an output as close as we do."""
    if own.sqnr_db == "exact" or ours.sqnr_db == "exact":
        is_same = own.sqnr_db == ours.sqnr_db
    else:
        is_same = _is_same(own.sqnr_db, ours.sqnr_db)
    return (
        is_same
        and _is_same(own.cosine, ours.cosine)
        and _is_same(own.max_difference, ours.max_difference)
    )


def _is_same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TOLERANCE)
