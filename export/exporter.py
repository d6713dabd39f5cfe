"""What every format's exporter can do."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..artifact.content import Content
from ..artifact.formats import Format
from ..artifact.manifest import Compiled
from ..artifact.samples import Samples
from ..artifact.size import sides_of
from ..calibration.ranges import Ranges
from ..calibration.recipe import Recipe, quantizable_kinds
from ..errors import UsageError
from ..models.loading import LoadedModel
from ..progress import Progress
from .file_interface import ranges_for_pixels, with_scaled_stem
from .host_trials import HostTrials
from .legality import legal_precisions
from .rewrites.table import rewrite
from .spec import ExportSpec
from .trials import Choices, Trials


class Exporter(abc.ABC):
    """Makes the files of one format from one model.

    Args:
        loaded: The model.
        batch: Images per inference.

    Attributes:
        format: The format.
        recipes: The precision of each op, by the precision that is asked for.
        choices: Precisions that a search tries, by kind of op, the first in the fastest file;
            nothing where there is no search.
        is_shared: Whether the files of several precisions rest on work that is done once.
        seconds: Of one thread for a file of the demo model, or for all of them where they share
            their work; what takes longest is begun first where several processes export.
        size: Height and width of the input in pixels.
        model: The model as it was rewritten for the format.
    """

    format: ClassVar[Format]
    recipes: ClassVar[Mapping[str, Recipe]]
    choices: ClassVar[Choices] = {}
    is_shared: ClassVar[bool] = True
    seconds: ClassVar[float] = 0.0

    def __init__(self, loaded: LoadedModel, batch: int = 1) -> None:
        self.loaded = loaded
        self.batch = batch
        self.size = sides_of(loaded.config.input_size)
        self.model = rewrite(loaded.network, self.format.name)

    @classmethod
    def precisions_of(cls, spec: ExportSpec, model: nn.Module) -> dict[str, str]:
        """The precision of each op with weights, by its path in a rewritten model.

        Raises:
            UsageError: The spec's recipe asks for a kernel that does not exist.
        """
        recipe = spec.recipe or cls.recipes[spec.precision]
        return legal_precisions(cls.format.name, recipe, model)

    @classmethod
    def recipe_of(cls, spec: ExportSpec, model: nn.Module) -> Recipe:
        """The recipe by which a spec is exported, with those rules alone that an op fits.

        Raises:
            UsageError: The spec's recipe asks for a kernel that does not exist.
        """
        cls.precisions_of(spec, model)
        kinds = quantizable_kinds(model)
        rules = (spec.recipe or cls.recipes[spec.precision]).rules
        return Recipe(
            tuple(
                rule
                for rule in rules
                if any(rule.matches(path, kind) for path, kind in kinds.items())
            )
        )

    def source(
        self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None
    ) -> tuple[nn.Module, Ranges | None]:
        """The model whose ops a spec's file has, by the same paths, and its activation ranges.

        Args:
            spec: What is to be exported.
            model: :attr:`model`, or a copy with other biases.
            ranges: Its activation ranges, where the spec needs them.
        """
        if not spec.takes_image:
            return model, ranges
        preprocessing = self.loaded.preprocessing
        if ranges is not None:
            ranges = ranges_for_pixels(ranges, preprocessing)
        return with_scaled_stem(model, preprocessing), ranges

    def sample(self, spec: ExportSpec) -> Tensor:
        """An input like that of a spec's file: uint8 [N, H, W, 3], or float32 [N, 3, H, W]."""
        if spec.takes_image:
            return torch.zeros(spec.batch, *self.size, 3, dtype=torch.uint8)
        return torch.zeros(spec.batch, 3, *self.size)

    @classmethod
    def suffix_of(cls, spec: ExportSpec) -> str:
        """The end of a file's name; the format's but where it has several."""
        return cls.format.suffix

    def compiled_for(self, spec: ExportSpec) -> Compiled | None:
        """What a spec's file is compiled for, or None where it is for any device."""
        return None

    def prepare(  # noqa: B027 - a hook that most formats do without
        self, specs: Sequence[ExportSpec], calibration: Samples, progress: Progress
    ) -> None:
        """Does what all of some exports rest on, before the first.

        Args:
            specs: What will be exported.
            calibration: Images for activation ranges.
            progress: Is told about each step.
        """

    @abc.abstractmethod
    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> Content:
        """One file, or a folder in a format that is one.

        Args:
            spec: What to export.
            model: :attr:`model`, or a copy with other biases.
            ranges: Its activation ranges, where the spec needs them.

        Raises:
            UsageError: The spec asks for a kernel that does not exist.
            ExportError: The converter failed.
            MissingDependencyError: The converter is not installed.
        """

    def float_file(self) -> bytes | None:
        """The float32 file that others are timed against, where it costs nothing to make."""
        return None

    def quantized(self, recipe: Recipe | None, ranges: Ranges) -> bytes:
        """The INT8 file of a recipe, or of the format's own, for a search.

        Raises:
            ExportError: The converter failed.
        """
        spec = ExportSpec(self.format.name, "int8", batch=self.batch, recipe=recipe)
        content = self.export(spec, self.model, ranges)
        if not isinstance(content, bytes):
            raise UsageError(f"no file can be searched for in {self.format.name}")
        return content

    def trials(self, threads: int, specs: Sequence[ExportSpec]) -> Trials:
        """What runs the files of a search.

        Args:
            threads: Of the runtime.
            specs: What will be exported, which may say where the files will run.
        """
        return HostTrials(self.format, self.loaded.preprocessing, threads)
