"""Several formats' files: one after the other, or several at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ..errors import ExportError, LowFormerEdgeError, UsageError
from ..models.loading import LoadedModel
from ..process.apart.call import Call, Outcome
from ..process.apart.calls import run_calls
from ..process.apart.travel import CannotTravelError, load_object, save_object
from ..process.replacing import remove
from ..process.system_limit import scratch_folder
from ..progress import Progress
from .format_work import Choose, FormatWork, Written, write_format
from .formats import EXPORTERS
from .spec import ExportSpec


def most_jobs(specs: Sequence[ExportSpec]) -> int:
    """Over how many processes the export of some files can be spread."""
    return len({spec.format if EXPORTERS[spec.format].is_shared else spec for spec in specs})


def write_formats(
    loaded: LoadedModel,
    works: Mapping[str, FormatWork],
    jobs: int,
    progress: Progress,
    choose: Choose | None = None,
) -> tuple[dict[str, Written], dict[str, str]]:
    """Writes the files of formats; of several, one that fails does not stop the others.

    Files of a format that share work, and all of them one after the other, are converted in this
    process. Of several pieces of work at a time each has a process of its own. Files are the same
    to the byte.

    Args:
        loaded: The model. One that is made of classes of the main program, such as a notebook's,
            cannot be sent to another process, and is converted in this one.
        works: What is to be written, by format.
        jobs: How many processes work at a time, where :func:`most_jobs` are more than one.
        progress: Is told about each step.
        choose: Gives INT8 files their recipe; in this process.

    Returns:
        What was written, by format, and what went wrong, likewise.

    Raises:
        ExportError: Nothing could be written.
        UsageError: The only format was asked for what does not exist.
    """
    found: dict[str, Written | LowFormerEdgeError] | None = None
    if jobs > 1 and choose is None and sum(len(work.parts()) for work in works.values()) > 1:
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
    """The same of several pieces at a time, longest first; None where the model cannot be sent."""
    parts = [part for work in works.values() for part in work.parts()]
    parts.sort(key=lambda part: EXPORTERS[part.format].seconds, reverse=True)
    with scratch_folder() as folder:
        model = folder / "model"
        try:
            save_object(model, loaded)
            calls = [_call(part, model) for part in parts]
            outcomes = run_calls(calls, jobs, folder, progress)
        except CannotTravelError:
            return None
    taken = {part.specs: _taken(outcome) for part, outcome in zip(parts, outcomes, strict=True)}
    return {name: _joined(loaded, work, taken) for name, work in works.items()}


def _joined(
    loaded: LoadedModel,
    work: FormatWork,
    taken: Mapping[tuple[ExportSpec, ...], Written | LowFormerEdgeError],
) -> Written | LowFormerEdgeError:
    """What was written of a format, or why nothing was, from what came of its pieces."""
    parts = work.parts()
    if len(parts) == 1:
        return taken[work.specs]
    written, failures = [], {}
    for part in parts:
        one = taken[part.specs]
        if isinstance(one, Written):
            written.append(one)
            continue
        if not isinstance(one, ExportError | UsageError):
            return one
        path = part.path_of(part.specs[0], loaded)
        remove(path)
        failures[path.name] = f"{path.name}: {one}"
    if not written:
        return ExportError("; ".join(failures.values()))
    return Written(
        {spec: path for one in written for spec, path in one.artifacts.items()},
        {spec: found for one in written for spec, found in one.compiled.items()},
        next((one.float32 for one in written if one.float32), None),
        failures,
    )


def _call(work: FormatWork, model: Path) -> Call:
    """What has a piece of work done by another process.

    One thread converts as fast as several. Where images are run, sums have to be in the order in
    which this process would take them, for the file to be the same.
    """
    threads = torch.get_num_threads() if work.needs_images else 1
    if not work.needs_images:
        work = dataclasses.replace(work, calibration=work.calibration.first(0))
    return Call(work.format, _write, (model, work), threads)


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
