"""Configs from all over their space, exported to every format and held to the eager model.

    python benchmarks/configs.py --count 200

Each number is a config: its models are small, with random weights. Every file, in float32 and in
INT8, is run on images of noise, Core ML's by our interpreter. Files in float32 are held to the
eager model, those in INT8 to its simulation, where single roundings that fall the other way are
told from faults. Run by ``make check-configs``, which can be stopped with Ctrl-C and goes on where
it was. Exit code 1 where a file is refused or wrong.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import gc
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.calibration.ranges import Ranges, calibrate
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import LowFormerEdgeError
from lowformer_edge.export.exporter import Exporter
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.judging.requirement import DEFAULT_REQUIREMENTS, breach, parse_requirement
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.residency import residency_record

FORMATS = ("tflite", "executorch", "onnx", "coreml")
PRECISIONS = ("fp32", "int8")
STATE = Path("build") / "configs.jsonl"

FLOAT_ERROR = 1e-4
"""Largest difference in float32, relative to the largest logit."""

FOLLOWS = 1e-3
"""How far INT8 may be from its simulation on the closest image, relative to the logits. Both round
alike, but a sum in another order puts one value in a million on the other side of a rounding, and
each layer after it makes more of them differ: of small models that spares most images, of wide ones
none. The simulation meets as many in float64, or where all values are moved by a float's noise, and
says how far that goes."""

FLIPPED = 0.01
"""How far on all images together, where the simulation met none."""

FLOAT_NOISE = 1e-6
"""By how much kernels in float32 may differ from each other, relative to a value."""

FLIP_FACTOR = 2.0
"""How much further than the simulation in float64, with values that much larger or smaller, or
without rounded biases, a file may go."""

HALF_FACTOR, HALF_NOISE = 2.0, 0.01
"""How far from the eager model Core ML's INT8 may be: so many times as far as its simulation, with
values moved as the package's half precision moves them, or so far at least."""

HALF_STEP = 2.0**-10
"""Distance of two values in half precision, relative to the smaller one, at most."""

HALF_DRAWS = 12
"""How often values are moved: in a small model one of them on a tie makes most of the error."""

IMAGES = 4


@dataclasses.dataclass(frozen=True)
class Case:
    """A config, and how many images its files take at once."""

    config: LowFormerConfig
    batch: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        file: Its format and precision.
        refusal: Why there is none.
        fault: What is wrong with it.
    """

    file: str
    refusal: str = ""
    fault: str = ""


def draw(number: int) -> Case:
    """The config of a number."""
    chance = random.Random(number)  # noqa: S311 - draws configs
    widest = chance.choice([1, 1, 1, 1, 6])
    widths = tuple(_width(chance) * widest for _ in range(5))
    fields: dict[str, Any] = {
        "name": f"c{number}",
        "widths": widths,
        "depths": (
            chance.choice([0, 0, 0, 1, 2]),
            chance.choice([1, 1, 1, 2]),
            chance.choice([1, 1, 1, 2]),
            chance.choice([0, 1, 1, 1, 2]),
            chance.choice([0, 1, 1, 1]),
        ),
        "stem_expansion": chance.choice([1, 2, 3]),
        "downsample_expansions": tuple(chance.choice([1, 2, 3, 6]) for _ in range(4)),
        "block_expansion": chance.choice([1, 2, 3, 4]),
        "head_widths": (_width(chance), _width(chance)),
        "num_classes": chance.choice([1, 2, 2, 3, 7, 10, 1000]),
        "fused": chance.random() < 0.7,
        "fused_below": chance.choice([1, 16, 256]),
        "attention": chance.random() < 0.85,
        "mlp": chance.random() < 0.8,
        "mlp_expansion": chance.choice([1, 2, 4]),
        "attention_strides": tuple(chance.choice([1, 1, 2, 2, 3, 4, 5, 8]) for _ in range(2)),
        "attention_kernels": tuple(chance.choice([1, 3, 3, 5, 7, 11]) for _ in range(2)),
        "head_dim_ratio": chance.choice([0.5, 0.5, 1.0, 0.25, 0.75, chance.uniform(0.1, 1.0)]),
        "head_width": chance.choice([1, 2, 4, 8, 15, 30, 64]),
        "input_size": _size(chance),
    }
    batch = chance.choice([1, 1, 1, 2, 3, 5])
    fields |= _channels_block_by_block(chance, fields["depths"])
    config = LowFormerConfig(**fields)
    if min(config.head_dim(width) for width in widths[3:]) < 1:
        # Heads without channels are refused.
        config = config.replace(head_dim_ratio=1.0)
    if chance.random() < 0.2:
        config = _with_ranks(chance, config)
    return Case(config, batch)


def _with_ranks(chance: random.Random, config: LowFormerConfig) -> LowFormerConfig:
    """A config with 3x3 convolutions of lower rank, here and there."""
    ranks = tuple(
        tuple(
            chance.choice([0, _width(chance)]) if config.is_fused(stage, block) else 0
            for block in range(count)
        )
        for stage, count in enumerate(_blocks(config.depths))
    )
    return config.replace(spatial_ranks=ranks)


def _blocks(depths: Sequence[int]) -> list[int]:
    """How many MBConvs the stem and each stage have."""
    return [*depths[:3], *(depth + 1 for depth in depths[3:])]


def _channels_block_by_block(chance: random.Random, depths: Sequence[int]) -> dict[str, Any]:
    """Hidden channels of each block, now and then, in place of expansions."""
    blocks = {"hidden_channels": _blocks(depths), "mlp_channels": depths[3:]}
    return {
        name: tuple(tuple(_width(chance) for _ in range(count)) for count in counts)
        for name, counts in blocks.items()
        if chance.random() < 0.2
    }


def _width(chance: random.Random) -> int:
    return chance.choice([chance.randint(1, 40), chance.choice([1, 2, 4, 8, 16, 24, 32, 64])])


def _size(chance: random.Random) -> int | tuple[int, int]:
    """Mostly a multiple of 32; one side or two."""
    step = 32 if chance.random() < 0.75 else 1
    choices = [32, 64, 96, chance.randint(32, 130), chance.randint(32, 260)]
    sides = [chance.choice(choices) // step * step for _ in range(2)]
    return sides[0] if chance.random() < 0.5 else (sides[0], sides[1])


class CaseCheck:
    """Exports a config and runs its files.

    Args:
        case: The config.
    """

    def __init__(self, case: Case) -> None:
        self._batch = case.batch
        size = case.config.input_size
        self._preprocessing = Preprocessing(size=size, crop_ratio=1.0)
        noise = np.random.default_rng(0).integers(
            0, 256, (IMAGES * case.batch, *sides_of(size), 3), np.uint8
        )
        self._samples = Samples("noise", noise, None)
        self._images = self._preprocessing.normalise(noise)
        network = random_model(case.config)
        self._loaded = LoadedModel(network, self._preprocessing, None, "random weights", None)
        self._exporters: dict[str, Exporter] = {}
        self.eager = _logits(network, self._images)

    def outcome(self, file: str) -> Outcome:
        """What becomes of one file, such as ``tflite/int8``."""
        name, precision = file.split("/")
        try:
            return Outcome(file, fault=self._fault(name, precision))
        except LowFormerEdgeError as error:
            return Outcome(file, refusal=str(error))
        except Exception as error:
            return Outcome(file, fault=f"raises {type(error).__name__}: {error}")

    def _fault(self, name: str, precision: str) -> str:
        """What is wrong with a file, or nothing."""
        exporter = self._exporter(name)
        spec = ExportSpec.of(name, precision, batch=self._batch)
        ranges = None
        if spec.needs_ranges:
            ranges = calibrate(exporter.model, self._samples, self._preprocessing)
        with tempfile.TemporaryDirectory() as folder, captured_output():
            path = Path(folder) / f"model{exporter.suffix_of(spec)}"
            write_content(path, exporter.export(spec, exporter.model, ranges))
            logits, residency = self._run(path), _residency_fault(path)
        if logits.shape != self.eager.shape:
            return f"gives {logits.shape}, not {self.eager.shape}"
        if ranges is None:
            return self._float_fault(logits) or residency
        return self._int8_fault(exporter, spec, ranges, logits) or residency

    def _exporter(self, name: str) -> Exporter:
        """The exporter of a format, which may keep what its files have in common."""
        if name not in self._exporters:
            self._exporters[name] = EXPORTERS[name](self._loaded, self._batch)
        return self._exporters[name]

    def _run(self, path: Path) -> NDArray[np.float32]:
        with format_of(path).runner(path, 1) as runner:
            (logits,) = runner.run(self._images).values()
        return logits

    def _float_fault(self, logits: NDArray[np.float32]) -> str:
        error = np.abs(logits - self.eager).max() / np.abs(self.eager).max()
        return "" if error < FLOAT_ERROR else f"is {error:.2g} off"

    def _int8_fault(
        self, exporter: Exporter, spec: ExportSpec, ranges: Ranges, logits: NDArray[np.float32]
    ) -> str:
        """How logits are further off than rounding explains."""
        precisions = exporter.precisions_of(spec, exporter.model)
        stored, kept = (
            self._simulated(exporter.model, ranges, precisions, integer_biases=integer)
            for integer in (True, False)
        )
        if exporter.format.name == "coreml":
            halved = self._halved(exporter, ranges, precisions)
            error, *noises = (
                _root_mean_square(self._apart(each, self.eager))
                for each in (logits, stored, kept, *halved)
            )
            if error < max(HALF_FACTOR * max(noises), HALF_NOISE):
                return ""
            return f"is {error:.2g} off, its simulation {max(noises):.2g}"
        errors, sways = (self._apart(each, stored) for each in (logits, kept))
        flips = [self._apart(each, stored) for each in self._flipped(exporter, ranges, precisions)]
        flip = max(float(np.median(each)) for each in flips)
        follows = errors.min() < max(FOLLOWS, FLIP_FACTOR * flip)
        error, *allowed = map(_root_mean_square, (errors, sways, *flips))
        if follows and error < FLIP_FACTOR * max(*allowed, FLIPPED):
            return ""
        return f"is {error:.2g} off its simulation, which such roundings bring {max(allowed):.2g}"

    def _flipped(
        self, exporter: Exporter, ranges: Ranges, precisions: Mapping[str, str]
    ) -> Iterator[NDArray[np.float32]]:
        """What the simulation gives where roundings near a tie fall the other way.

        A value that comes after a quantized one has 256 levels: one of them on a tie flips a share
        of all values at once, which float64 may decide as float32 did.
        """
        yield self._simulated(copy.deepcopy(exporter.model).double(), ranges, precisions)
        for factor in (1 - FLOAT_NOISE, 1 + FLOAT_NOISE):
            scaled = copy.deepcopy(exporter.model)
            for path in precisions:
                _change_values(scaled.get_submodule(path), _scaled(factor))
            yield self._simulated(scaled, ranges, precisions)

    def _halved(
        self, exporter: Exporter, ranges: Ranges, precisions: Mapping[str, str]
    ) -> Iterator[NDArray[np.float32]]:
        """What the simulation gives where each value moves as half precision rounds it."""
        for seed in range(HALF_DRAWS):
            moved = copy.deepcopy(exporter.model)
            change = _moved(torch.Generator().manual_seed(seed))
            for path in precisions:
                _change_values(moved.get_submodule(path), change)
            yield self._simulated(moved, ranges, precisions)

    def _simulated(
        self,
        model: torch.nn.Module,
        ranges: Ranges,
        precisions: Mapping[str, str],
        *,
        integer_biases: bool = True,
    ) -> NDArray[np.float32]:
        with simulated(model, ranges, precisions, integer_biases=integer_biases):
            return _logits(model, self._images)

    def _apart(
        self, logits: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """The difference of each image's logits, relative to the eager model's of all."""
        squares = np.square(logits.astype(np.float64) - others).mean(1)
        return np.sqrt(squares) / _root_mean_square(self.eager)


def _residency_fault(path: Path) -> str:
    """How a file breaks what every export promises of where its ops run."""
    found = residency_record(format_of(path).residency(path, 1))
    requirements = map(parse_requirement, DEFAULT_REQUIREMENTS)
    return (breach(requirements, found) if found else None) or ""


def _change_values(module: torch.nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Changes what a module takes and gives, before anything rounds it."""
    module.register_forward_pre_hook(lambda _, inputs: (change(inputs[0]), *inputs[1:]))
    module.register_forward_hook(lambda _, inputs, output: change(output))


def _scaled(factor: float) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda values: values * factor


def _moved(generator: torch.Generator) -> Callable[[torch.Tensor], torch.Tensor]:
    """Moves values by up to half a step of half precision, at random."""

    def moved(values: torch.Tensor) -> torch.Tensor:
        return values * (1 + HALF_STEP * (torch.rand(values.shape, generator=generator) - 0.5))

    return moved


def _root_mean_square(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def _logits(network: torch.nn.Module, images: NDArray[np.float32]) -> NDArray[np.float32]:
    dtype = next(network.parameters()).dtype
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(images).to(dtype)).numpy())


def files_of(number: int, *, one: bool) -> list[str]:
    """The files to which a config is exported: of every format, or of one, in turns."""
    names = FORMATS[number % len(FORMATS) :][:1] if one else FORMATS
    return [f"{name}/{precision}" for name in names for precision in PRECISIONS]


def check(number: int, files: Sequence[str]) -> list[Outcome]:
    """What becomes of a config's files; of a config that is refused, one outcome alone."""
    try:
        found = CaseCheck(draw(number))
    except LowFormerEdgeError as error:
        return [Outcome("config", refusal=str(error))]
    except Exception as error:
        return [Outcome("config", fault=f"raises {type(error).__name__}: {error}")]
    return [found.outcome(file) for file in files]


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks configs that were not checked before, and sums up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="configs (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first config")
    parser.add_argument(
        "--one-format", action="store_true", help="one format for each config, in turns"
    )
    parser.add_argument("--state", type=Path, default=STATE, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    options.state.parent.mkdir(parents=True, exist_ok=True)
    wanted = range(options.first, options.first + options.count)
    known = dict(_read(options.state))
    # Converters make millions of objects, through which the collector would go over and over.
    gc.disable()
    try:
        with options.state.open("a", encoding="utf-8") as state:
            for number in wanted:
                if number in known:
                    continue
                known[number] = check(number, files_of(number, one=options.one_format))
                gc.collect()
                outcomes = [dataclasses.asdict(outcome) for outcome in known[number]]
                state.write(json.dumps({"number": number, "outcomes": outcomes}) + "\n")
                state.flush()
                place = number - options.first + 1
                print(f"{place} of {options.count}: {_line(number, known[number])}")
    except KeyboardInterrupt:
        print("stopped; run it again to go on", file=sys.stderr)
    return _summarise({number: known[number] for number in wanted if number in known})


def _read(state: Path) -> Iterator[tuple[int, list[Outcome]]]:
    """What was found before; a line that was cut short is left out."""
    for line in state.read_text(encoding="utf-8").splitlines() if state.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        yield record["number"], [Outcome(**outcome) for outcome in record["outcomes"]]


def _line(number: int, outcomes: Sequence[Outcome]) -> str:
    bad = [
        f"{item.file} {item.fault or 'refused: ' + item.refusal}"
        for item in outcomes
        if item.fault or item.refusal
    ]
    return f"config {number}: {'; '.join(bad) or 'all right'}"


def _summarise(found: dict[int, list[Outcome]]) -> int:
    """Prints what was found; 1 where something is wrong, or more is refused than may be."""
    bad = {
        number: outcomes
        for number, outcomes in found.items()
        if any(item.fault or item.refusal for item in outcomes)
    }
    refused = sum(any(item.refusal for item in outcomes) for outcomes in found.values())
    wrong = sum(any(item.fault for item in outcomes) for outcomes in found.values())
    print(f"\n{len(found)} configs: {refused} refused, {wrong} with a wrong file")
    for number, outcomes in bad.items():
        print(_line(number, outcomes))
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
