"""Several formats' files: one format after the other, or several at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch

from ..errors import ExportError, LowFormerEdgeError, UsageError
from ..models.loading import LoadedModel
from ..process.apart.call import Call, Outcome
from ..process.apart.calls import run_calls
from ..process.apart.travel import CannotTravelError, load_object, save_object
from ..process.system_limit import scratch_folder
from ..progress import Progress
from .format_work import Choose, FormatWork, Written, write_format

BYTES = 1_440_000_000
"""Of memory that a process is taken to need which converts one format: an export of B1 to TFLite
in INT8 had 1,431 MB at its peak, with its calibration; each of the demo model's 450 to 710."""


def write_formats(
    loaded: LoadedModel,
    works: Mapping[str, FormatWork],
    jobs: int,
    progress: Progress,
    choose: Choose | None = None,
) -> tuple[dict[str, Written], dict[str, str]]:
    """Writes the files of formats; of several, one that fails does not stop the others.

    One format alone, and one after the other, are converted in this process. Several at a time
    each have a process of their own. Files are the same to the byte.

    Args:
        loaded: The model. One that is made of classes of the main program, such as a notebook's,
            cannot be sent to another process, and is converted in this one.
        works: What is to be written, by format.
        jobs: How many formats are worked on at a time.
        progress: Is told about each step.
        choose: Gives INT8 files their recipe; in this process.

    Returns:
        What was written, by format, and what went wrong, likewise.

    Raises:
        ExportError: Nothing could be written.
        UsageError: The only format was asked for what does not exist.
    """
    found: dict[str, Written | LowFormerEdgeError] | None = None
    if jobs > 1 and len(works) > 1 and choose is None:
        found = _written_apart(loaded, works, jobs, progress)
    if found is None:
        found = {
            name: _written_here(loaded, work, progress, choose) for name, work in works.items()
        }
    written = {name: one for name, one in found.items() if isinstance(one, Written)}
    errors = {name: one for name, one in found.items() if isinstance(one, LowFormerEdgeError)}
    for name, error in errors.items():
        if len(works) == 1 or not isinstance(error, ExportError | UsageError):
            raise error
        works[name].clear(loaded)
    failures = {name: str(error) for name, error in errors.items()}
    if not written:
        raise ExportError("; ".join(f"{name}: {text}" for name, text in failures.items()))
    return written, failures


def _written_here(
    loaded: LoadedModel, work: FormatWork, progress: Progress, choose: Choose | None
) -> Written | LowFormerEdgeError:
    """What was written of a format, or why nothing was."""
    try:
        return write_format(loaded, work, progress, choose)
    except (ExportError, UsageError) as error:
        return error


def _written_apart(
    loaded: LoadedModel, works: Mapping[str, FormatWork], jobs: int, progress: Progress
) -> dict[str, Written | LowFormerEdgeError] | None:
    """The same of several formats at a time; None where the model cannot be sent."""
    with scratch_folder() as folder:
        model = folder / "model"
        try:
            save_object(model, loaded)
            calls = [_call(name, work, model) for name, work in works.items()]
            outcomes = run_calls(calls, jobs, folder, progress)
        except CannotTravelError:
            return None
    return {name: _taken(outcome) for name, outcome in zip(works, outcomes, strict=True)}


def _call(name: str, work: FormatWork, model: Path) -> Call:
    """What has a format written by another process.

    One thread converts as fast as several. Where images are run, sums have to be in the order in
    which this process would take them, for the file to be the same.
    """
    threads = torch.get_num_threads() if work.needs_images else 1
    if not work.needs_images:
        work = dataclasses.replace(work, calibration=work.calibration.first(0))
    return Call(name, _write, (model, work), threads)


def _write(sent: tuple[Path, FormatWork], progress: Progress) -> Written:
    """Does a call, in a process of its own."""
    model, work = sent
    return write_format(load_object(model), work, progress)


def _taken(outcome: Outcome) -> Written | LowFormerEdgeError:
    """What came of a call, in our own terms."""
    if outcome.ended:
        hint = "there was not enough memory, or the converter crashed; `jobs` 1 tells more of it"
        return ExportError(f"the process that converted it {outcome.ended}; {hint}")
    written: Written | LowFormerEdgeError = outcome.error or outcome.value
    return written
