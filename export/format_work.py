"""What there is to do for one format: all files that are asked for in it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn

from ..artifact.content import write_content
from ..artifact.manifest import Compiled
from ..artifact.samples import Samples
from ..calibration.bias_correction import IMAGES as CORRECTION_IMAGES
from ..calibration.bias_correction import correct_biases
from ..calibration.ranges import Ranges
from ..calibration.recipe import Recipe
from ..errors import ExportError, UsageError
from ..models.loading import LoadedModel
from ..process.interrupt import insistent_interrupt
from ..process.replacing import remove
from ..progress import Progress
from .exporter import Exporter
from .formats import EXPORTERS
from .provenance import shared_provenance
from .spec import ExportSpec

Choose = Callable[[Exporter, Sequence[ExportSpec], Ranges], Recipe]
"""Takes what exports to a format, what it will export, and the activation ranges."""


@dataclasses.dataclass(frozen=True)
class FormatWork:
    """What is to be written of one format.

    Attributes:
        specs: The files, all of that format and with the same batch.
        calibration: Images for what an exporter observes itself.
        ranges: Activation ranges, where a spec needs them.
        folder: Where the files go.
        scratch: Where a float32 file goes that no spec asks for.
    """

    specs: tuple[ExportSpec, ...]
    calibration: Samples
    ranges: Ranges | None
    folder: Path
    scratch: Path

    @property
    def format(self) -> str:
        """The format."""
        return self.specs[0].format

    @property
    def needs_images(self) -> bool:
        """Whether the exporter sees images."""
        return any(spec.needs_images for spec in self.specs)

    def parts(self) -> list[FormatWork]:
        """The same as pieces that share no work, in their order."""
        if EXPORTERS[self.format].is_shared:
            return [self]
        return [dataclasses.replace(self, specs=(spec,)) for spec in self.specs]

    def path_of(self, spec: ExportSpec, loaded: LoadedModel) -> Path:
        """Where the file of a spec goes."""
        suffix = EXPORTERS[spec.format].suffix_of(spec)
        return self.folder / f"{loaded.config.name}-{spec.label}{suffix}"

    def clear(self, loaded: LoadedModel) -> None:
        """Removes what was written of it."""
        for spec in self.specs:
            remove(self.path_of(spec, loaded))


@dataclasses.dataclass(frozen=True)
class Written:
    """What was written of one format.

    Attributes:
        artifacts: The file of each spec.
        compiled: What files were compiled for, where they were.
        float32: The float32 file that the others are timed against, if there is one.
        failures: Why a file was not written, by its name, where others were.
    """

    artifacts: Mapping[ExportSpec, Path]
    compiled: Mapping[ExportSpec, Compiled]
    float32: Path | None
    failures: Mapping[str, str]


def write_format(
    loaded: LoadedModel, work: FormatWork, progress: Progress, choose: Choose | None = None
) -> Written:
    """Writes the files of one format, and the float32 file that they are timed against.

    Args:
        loaded: The model.
        work: What is to be written.
        progress: Is told about each step.
        choose: Gives the INT8 files their recipe, in place of our own choice.

    Raises:
        ExportError: A converter failed for all of them.
        UsageError: What was asked for does not exist.
    """
    export = _FormatExport(loaded, work, progress, choose)
    with shared_provenance():
        artifacts = export.run()
        return Written(
            artifacts,
            export.compiled(artifacts),
            export.float32(artifacts),
            export.failures,
        )


class _FormatExport:
    """Exports one format's files.

    Attributes:
        failures: Why a file was not written, by its name, where others were.
    """

    def __init__(
        self, loaded: LoadedModel, work: FormatWork, progress: Progress, choose: Choose | None
    ) -> None:
        self._loaded = loaded
        self._work = work
        self._progress = progress
        self._choose = choose
        self._chosen: Recipe | None = None
        self._exporter = EXPORTERS[work.format](loaded, work.specs[0].batch)
        self.failures: dict[str, str] = {}

    def run(self) -> dict[ExportSpec, Path]:
        """Writes one file per spec; why one was not, where another was, is in :attr:`failures`.

        Raises:
            ExportError: A converter failed for all of them.
            UsageError: What was asked for does not exist.
        """
        self._exporter.prepare(self._work.specs, self._work.calibration, self._progress)
        artifacts = {}
        for spec in self._work.specs:
            spec = self._with_chosen_recipe(spec)
            path = self._work.path_of(spec, self._loaded)
            try:
                self._write(spec, path)
            except (ExportError, UsageError) as error:
                if len(self._work.specs) == 1:
                    raise
                remove(path)
                self.failures[path.name] = f"{path.name}: {error}"
            else:
                artifacts[spec] = path
        if not artifacts:
            raise ExportError("; ".join(self.failures.values()))
        return artifacts

    def _write(self, spec: ExportSpec, path: Path) -> None:
        with self._progress.step(f"writing {spec.format} {spec.label}"), insistent_interrupt():
            content = self._exporter.export(spec, self._source(spec), self._work.ranges)
            write_content(path, content)

    def compiled(self, specs: Mapping[ExportSpec, Path]) -> dict[ExportSpec, Compiled]:
        """What files were compiled for, where they were."""
        stated = {spec: self._exporter.compiled_for(spec) for spec in specs}
        return {spec: found for spec, found in stated.items() if found is not None}

    def float32(self, artifacts: Mapping[ExportSpec, Path]) -> Path | None:
        """The float32 file among the artifacts, or one in scratch, if it costs nothing."""
        for spec, path in artifacts.items():
            if spec.precision == "fp32" and spec.not_run is None:
                return path
        content = self._exporter.float_file()
        if content is None:
            return None
        path = self._work.scratch / f"float32{self._exporter.format.suffix}"
        write_content(path, content)
        return path

    def _with_chosen_recipe(self, spec: ExportSpec) -> ExportSpec:
        if self._choose is None or spec.precision != "int8":
            return spec
        if self._chosen is None:
            assert self._work.ranges is not None
            self._chosen = self._choose(self._exporter, self._work.specs, self._work.ranges)
        return dataclasses.replace(spec, recipe=self._chosen)

    def _source(self, spec: ExportSpec) -> nn.Module:
        """The rewritten model, with corrected biases where the spec asks for them."""
        if not spec.bias_correction:
            return self._exporter.model
        corrected = copy.deepcopy(self._exporter.model)
        precisions = self._exporter.precisions_of(spec, corrected)
        images, preprocessing = self._work.calibration, self._loaded.preprocessing
        count = 2 * min(len(images), CORRECTION_IMAGES)
        with self._progress.step("correcting biases", count) as advance:
            correct_biases(corrected, self._work.ranges, precisions, images, preprocessing, advance)
        return corrected
