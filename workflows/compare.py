"""Comparing two files of any formats, by any number of inputs and outputs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.arrays import read_arrays
from ..artifact.manifest import Closeness, Tensor
from ..artifact.preprocessing import Preprocessing
from ..artifact.results.compare import ComparedOutputResult, CompareResult
from ..errors import UsageError
from ..process.limits import LARGEST_ARRAYS
from ..progress import QUIET, Advance, Progress
from ..runtime.formats import format_of
from ..runtime.images import CHANNEL_AXES, NCHW_TO_NHWC, NHWC_TO_NCHW, stated_preprocessing
from ..runtime.runner import Runner
from ..runtime.tensor_values import (
    fits,
    noise,
    real_values,
    shown_shape,
    shown_tensor,
    stored_values,
)
from ..tasks.closeness import ClosenessMeter
from .arguments import check_count

Arrays = Mapping[str, NDArray[Any]]
"""One array for each input, by its name."""

NOISE = "noise"
"""What files are compared on where nothing else is given."""


@dataclasses.dataclass(frozen=True)
class ComparedOutput:
    """One output of two files.

    Attributes:
        name: What the first file calls it.
        other: What the second file calls it.
        shape: For one inference of the first file.
        closeness: How closely the second file's follows the first's.
    """

    name: str
    other: str
    shape: tuple[int, ...]
    closeness: Closeness


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two files that were run on the same inputs.

    Attributes:
        first: The file that is taken for the reference.
        second: The file that is held to it.
        data: What the inputs are.
        inferences: Of the first file.
        outputs: In the first file's order.
        min_sqnr: What every output has to reach, in dB; None where nothing has to.
    """

    first: Path
    second: Path
    data: str
    inferences: int
    outputs: tuple[ComparedOutput, ...]
    min_sqnr: float | None = None

    @property
    def failures(self) -> tuple[str, ...]:
        """Outputs that are farther off than they may be, a line each."""
        if self.min_sqnr is None:
            return ()
        return tuple(
            f"{self.second}: its {one.other} has {one.closeness.sqnr_db:.1f} dB, less than"
            f" {self.min_sqnr:g}"
            for one in self.outputs
            if one.closeness.sqnr_db != "exact" and one.closeness.sqnr_db < self.min_sqnr
        )

    def record(self) -> CompareResult:
        """The same as it is written."""
        return CompareResult(
            first=str(self.first),
            second=str(self.second),
            data=self.data,
            inferences=self.inferences,
            outputs=tuple(
                ComparedOutputResult(
                    name=one.name,
                    other=one.other,
                    shape=one.shape,
                    **one.closeness.model_dump(),
                )
                for one in self.outputs
            ),
            min_sqnr_db=self.min_sqnr,
            failures=self.failures,
        )


def compare_files(
    first: str | Path,
    second: str | Path,
    golden: str | Path | Arrays | None = None,
    *,
    min_sqnr: float | None = None,
    threads: int = 1,
    progress: Progress = QUIET,
) -> Comparison:
    """Runs two files of any formats on the same inputs, and compares every output.

    Inputs and outputs are matched by their names where both files have the same, else in their
    order. What stands for reals is compared as reals: quantized outputs are dequantized.

    Args:
        first: The reference.
        second: The file that is held to it.
        golden: An ``.npz`` file, or arrays: one for each of the first file's inputs, by its name,
            of the input's own shape or, for several inferences, [N, ...]. Images may be NCHW or
            NHWC, whichever a file takes. Floats are quantized where a file takes integers that
            stand for them; uint8 pixels are normalised, and the other way round, where a file
            states its preprocessing. Without any, seeded noise.
        min_sqnr: What every output has to reach, in dB; the result's ``failures`` say where not.
        threads: Of each runtime.
        progress: Is told about each step.

    Raises:
        ArtifactError: A file cannot be run.
        CheckError: An output is not finite, or the reference's is zero throughout.
        DataError: The golden inputs cannot be read.
        UsageError: Inputs or outputs do not fit.
    """
    check_count("threads", threads)
    if min_sqnr is not None and not math.isfinite(min_sqnr):
        raise UsageError(f"`min_sqnr` must be a number of dB, not {min_sqnr}")
    paths = Path(first), Path(second)
    with (
        format_of(paths[0]).runner(paths[0], threads) as one,
        format_of(paths[1]).runner(paths[1], threads) as two,
    ):
        feeds = _Feeds.of(one, two, golden)
        given = [feeds.runs_of(runner) for runner in (one, two)]
        with progress.step("comparing", len(given[0]) + len(given[1])) as advance:
            expected, values = (
                _results(runner, runs, advance)
                for runner, runs in zip((one, two), given, strict=True)
            )
        outputs = _compared(one, two, expected, values, feeds.data)
    return Comparison(*paths, feeds.data, len(given[0]), outputs, min_sqnr)


@dataclasses.dataclass(frozen=True)
class _Feeds:
    """What both files are fed with.

    Attributes:
        names: The first file's inputs.
        arrays: One for each of them, in any layout that either file takes.
        data: What they are.
        preprocessing: What either file states of its images, if it does.
    """

    names: tuple[str, ...]
    arrays: Arrays
    data: str
    preprocessing: Preprocessing | None

    @classmethod
    def of(cls, first: Runner, second: Runner, golden: str | Path | Arrays | None) -> _Feeds:
        if len(first.inputs) != len(second.inputs):
            raise UsageError(
                f"{first.path} has {len(first.inputs)} inputs and {second.path}"
                f" {len(second.inputs)}: they cannot be compared"
            )
        names = tuple(tensor.name for tensor in first.inputs)
        preprocessing = _preprocessing(first) or _preprocessing(second)
        if golden is None:
            # Pixels become normalised values exactly, but not the other way round.
            source = second if second.takes_pixels and not first.takes_pixels else first
            values = zip(noise(source.inputs), source.inputs, strict=True)
            arrays = [real_values(value, tensor) for value, tensor in values]
            return cls(names, dict(zip(names, arrays, strict=True)), NOISE, preprocessing)
        if isinstance(golden, Mapping):
            given, data = golden, "given arrays"
        else:
            given, data = read_arrays(Path(golden), LARGEST_ARRAYS), str(golden)
        missing = [name for name in names if name not in given]
        if missing:
            raise UsageError(
                f"{data}: has no array {', '.join(missing)}, which {first.path} takes; it has"
                f" {', '.join(given) or 'none'}"
            )
        return cls(names, {name: given[name] for name in names}, data, preprocessing)

    def runs_of(self, runner: Runner) -> list[list[NDArray[Any]]]:
        """A file's inputs in its own types and order, by inference."""
        by_name = {tensor.name for tensor in runner.inputs} == set(self.names)
        parts = []
        for name, tensor in zip(self.names, runner.inputs, strict=True):
            array = self.arrays[tensor.name if by_name else name]
            where = f"{self.data}, {tensor.name if by_name else name}"
            parts.append(
                [self._stored(part, tensor, where) for part in _split(array, tensor, where)]
            )
        count = max(map(len, parts))
        for tensor, part in zip(runner.inputs, parts, strict=True):
            if len(part) not in (1, count):
                raise UsageError(
                    f"{self.data}: is enough for {len(part)} inferences by {tensor.name}, but for"
                    f" {count} by others"
                )
        return [[part[number if len(part) > 1 else 0] for part in parts] for number in range(count)]

    def _stored(self, values: NDArray[Any], tensor: Tensor, where: str) -> NDArray[Any]:
        """Values of a tensor's shape in its own type."""
        is_float, kind = values.dtype.kind == "f", np.dtype(tensor.dtype)
        axis = CHANNEL_AXES.get(tensor.layout)
        if values.dtype == kind:
            return values
        if is_float and (kind.kind == "f" or tensor.quantization):
            return stored_values(values, tensor)
        if is_float == (kind.kind != "f") and axis and self.preprocessing:
            return self._other_image(values, tensor, axis)
        if not is_float and kind.kind in "iub" and tensor.quantization is None:
            stored = values.astype(kind)
            if np.array_equal(stored, values):
                return stored
        hint = "; give normalised floats" if values.dtype == np.uint8 and axis else ""
        raise UsageError(
            f"{where}: is {values.dtype}, which is no input {shown_tensor(tensor)}{hint}"
        )

    def _other_image(self, values: NDArray[Any], tensor: Tensor, axis: int) -> NDArray[Any]:
        """Pixels for normalised images, or the other way round."""
        assert self.preprocessing is not None
        if values.dtype == np.uint8:
            images = self.preprocessing.normalise(np.moveaxis(values, axis, -1))
            return stored_values(np.moveaxis(images, 1, axis), tensor)
        pixels = self.preprocessing.denormalise(np.moveaxis(values, axis, 1).astype(np.float32))
        return np.moveaxis(pixels, -1, axis)


def _preprocessing(runner: Runner) -> Preprocessing | None:
    """What a file states of its images."""
    return stated_preprocessing(runner.path, runner.metadata())


def _split(array: NDArray[Any], tensor: Tensor, where: str) -> list[NDArray[Any]]:
    """An array's parts of a tensor's shape, one for each inference.

    Raises:
        UsageError: It has no such parts.
    """
    candidates = [array]
    if len(tensor.shape) == 4 and array.ndim in (4, 5):
        # Axes before an image's last three stay where they are.
        candidates += [np.moveaxis(array, -3, -1), np.moveaxis(array, -1, -3)]
    for values in candidates:
        if fits(tensor, values.shape):
            return [values]
        if values.ndim == len(tensor.shape) + 1 and fits(tensor, values.shape[1:]) and len(values):
            return list(values)
        if values.ndim != len(tensor.shape) or not values.ndim:
            continue
        batch = tensor.shape[0]
        if batch and len(values) and len(values) % batch == 0:
            parts = np.split(values, len(values) // batch)
            if fits(tensor, parts[0].shape):
                return parts
    raise UsageError(
        f"{where}: is {shown_shape(array.shape)}, of which no parts are {shown_tensor(tensor)}"
    )


def _results(
    runner: Runner, runs: Sequence[list[NDArray[Any]]], advance: Advance
) -> list[list[NDArray[Any]]]:
    """A file's outputs by inference."""
    results = []
    for values in runs:
        results.append(_computed(runner, values))
        advance(1)
    return results


def _computed(runner: Runner, values: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """A file's outputs for its inputs: float32 where they stand for reals, else float64."""
    runner.set_inputs(values)
    runner.invoke()
    return [
        real_values(value, tensor).astype(
            np.float32 if tensor.quantization or value.dtype in (np.float16, np.float32) else float
        )
        for value, tensor in zip(runner.read_outputs(), runner.outputs, strict=True)
    ]


def _compared(
    first: Runner,
    second: Runner,
    one: Sequence[list[NDArray[Any]]],
    two: Sequence[list[NDArray[Any]]],
    data: str,
) -> tuple[ComparedOutput, ...]:
    """Every output of two files, from its values by inference."""
    names, others = ([tensor.name for tensor in item.outputs] for item in (first, second))
    if len(names) != len(others):
        raise UsageError(
            f"{first.path} has {len(names)} outputs ({', '.join(names)}) and {second.path}"
            f" {len(others)} ({', '.join(others)}): they cannot be compared"
        )
    by_name = set(names) == set(others)
    compared = []
    for number, name in enumerate(names):
        place = others.index(name) if by_name else number
        expected = [values[number] for values in one]
        found = [values[place] for values in two]
        if len(expected) != len(found):
            # Files of different batches: all that they gave, one behind the other.
            expected, found = [_joined(expected)], [_joined(found)]
        what = f"output {name} of {first.path} and {others[place]} of {second.path}"
        pairs = zip(expected, found, strict=True)
        aligned = np.stack([_aligned(own, other, what) for own, other in pairs])
        meter = ClosenessMeter(name, data, f"{first.path.name}'s")
        meter.add(np.stack(expected), aligned)
        compared.append(ComparedOutput(name, others[place], one[0][number].shape, meter.result()))
    return tuple(compared)


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([np.atleast_1d(part) for part in parts])


def _aligned(expected: NDArray[Any], found: NDArray[Any], what: str) -> NDArray[Any]:
    """Values in the shape of others, which may be in another layout, or have ones before it.

    Raises:
        UsageError: They are of another shape.
    """
    candidates = [found]
    if found.ndim == 4:
        candidates += [found.transpose(NCHW_TO_NHWC), found.transpose(NHWC_TO_NCHW)]
    for values in candidates:
        if _without_leading_ones(values.shape) == _without_leading_ones(expected.shape):
            return values.reshape(expected.shape)
    raise UsageError(
        f"{what} are {list(expected.shape)} and {list(found.shape)}: they cannot be compared"
    )


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    sizes = list(shape)
    while sizes and sizes[0] == 1:
        del sizes[0]
    return tuple(sizes)
