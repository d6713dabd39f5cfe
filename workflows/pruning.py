"""Making a model narrower, as far as a bound on the loss allows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping

from ..artifact.manifest import Loss, Pruning, Width
from ..artifact.samples import Samples
from ..calibration.ranges import Ranges, calibrate
from ..calibration.recipe import Recipe
from ..errors import UsageError
from ..export.eager import EagerModel
from ..export.exporter import Exporter
from ..export.formats import EXPORTERS
from ..export.pruning.cut import Cuts
from ..export.pruning.hidden_layer import HiddenLayer, LayerWidth
from ..export.pruning.pruning import ThinnedLayer, narrowed, prune, thin_layers
from ..export.rewrites.table import CALIBRATED, rewrite
from ..export.search.bound import Bound, halves, loss_of
from ..export.search.channels import (
    best_widths,
    channel_choices,
    widths_of,
    with_added_ops,
)
from ..export.search.precisions import precision_choices, recipe_of
from ..export.search.search import Found, search
from ..export.search.solver import Choice, Mix, front
from ..export.spec import ExportSpec
from ..models.cost import cost_of
from ..models.loading import LoadedModel
from ..models.network import Network
from ..progress import QUIET, Progress
from .arguments import check_counts, check_measurable, check_model, check_samples

HIGH = 2
"""How many times the drop that is allowed the upper end of its interval may be."""

SEARCHED = ("tflite", "executorch", "onnx")
"""Formats whose INT8 files can guide a search, the usual one first."""


@dataclasses.dataclass(frozen=True)
class Pruned:
    """A model with fewer hidden channels, which :func:`.export.export_model` takes too.

    Attributes:
        model: The model.
        layers: The width of each hidden layer, by its path.
        macs_before: Multiply-accumulates of an image by the model as it was.
        format: Of the INT8 files that guided the search.
        bound: What they keep.
        found: The outcome of the search, with the recipe of the INT8 file and what that loses
            against the model as it was.
        calibration: Images that projections were fitted on.
        evaluation: Images that guided and proved the search, with the outputs of the model as it
            was.
    """

    model: LoadedModel
    layers: Mapping[str, Width]
    macs_before: int
    format: str
    bound: Bound
    found: Found
    calibration: Samples
    evaluation: Samples

    def with_recipe(self, spec: ExportSpec) -> ExportSpec:
        """A spec with the precisions that were chosen together with the widths, if it is of these.

        A spec of another format or precision, or with a recipe of its own, stays as it is.
        """
        is_searched = (spec.format, spec.precision) == (self.format, "int8") and not spec.recipe
        if not is_searched or not self.found.mix.precisions:
            return spec
        return dataclasses.replace(spec, recipe=self.found.recipe)

    def failures(self, name: str, loss: Loss) -> list[str]:
        """Why a file does not keep the bound, a line; empty where it does."""
        measured = loss_of(loss.parity, loss.drop)
        if self.bound.kept(measured):
            return []
        text = f"{name}: loses {measured.drop:.2f} points against the model as it was"
        if math.isfinite(measured.high):
            text += f", {measured.high:.2f} at the upper end of the 95 % interval"
        return [
            f"{text}, on {measured.images} images; {self.bound.max_drop:g} and"
            f" {self.bound.max_high:g} are allowed"
        ]

    def record(self, losses: Mapping[str, Loss]) -> Pruning:
        """The same as it is written, with what each file loses."""
        assert self.bound.max_drop is not None
        assert self.bound.max_high is not None
        return Pruning(
            max_drop=self.bound.max_drop,
            max_high=self.bound.max_high,
            layers=dict(self.layers),
            macs=cost_of(self.model.config).macs,
            macs_before=self.macs_before,
            losses=dict(losses),
        )


def searched_format(formats: Iterable[str]) -> str:
    """The format whose files guide a pruning, of those that are exported.

    Raises:
        UsageError: None of them can.
    """
    asked = set(formats)
    for name in SEARCHED:
        if name in asked:
            return name
    raise UsageError(
        f"pruning is guided by INT8 files that are run and timed here, of"
        f" {' or '.join(SEARCHED)}; export to one of them too"
    )


def prune_model(
    model: LoadedModel,
    max_drop: float,
    *,
    calibration: Samples,
    evaluation: Samples,
    format: str = "tflite",  # noqa: A002 - the field's word
    threads: int = 1,
    progress: Progress = QUIET,
) -> Pruned:
    """Takes hidden channels out of a model, for the fastest INT8 file within a bound.

    Channels go by what their loss costs on images, and the projections after them are fitted again
    by least squares; 3x3 convolutions become ones of few channels with a 1x1 one after them, where
    that is faster; nothing is trained. The loss is that of the INT8 file against the model as it
    is, in float32, and is proven on images by which nothing was chosen.

    Args:
        model: The model.
        max_drop: Points of top-1, AP or mIoU that may be lost, or of agreement where images are not
            annotated. The upper end of the drop's 95 % interval may reach twice as much.
        calibration: Images that projections are fitted on and ranges are taken of.
        evaluation: Other images, one half of which guides the search and one proves it.
        format: Of the INT8 files that are timed and run.
        threads: Of the runtime.
        progress: Is told about each step.

    Raises:
        UsageError: A parameter does not fit the model, or its weights are random.
        CheckError: No mix keeps the bound; the message tells the best, or how many images would
            tell.
    """
    check_model(model)
    check_samples("calibration", calibration, model.preprocessing)
    check_samples("evaluation", evaluation, model.preprocessing)
    check_measurable(evaluation)
    check_counts(threads=threads)
    searched_format([format])
    if model.is_random:
        raise UsageError(
            "random weights have no accuracy to lose, so that pruning has nothing to measure; give"
            " trained ones"
        )
    if evaluation.digest == calibration.digest:
        raise UsageError(
            "pruning is proven on images that were not calibrated on; give `evaluation`"
        )
    bound = Bound(max_drop, max_high=HIGH * max_drop)
    eager = EagerModel(model.network, model.preprocessing)
    with progress.step("running the eager model", len(evaluation)) as advance:
        outputs = eager.outputs(evaluation.pixels, advance)
    judged = dataclasses.replace(evaluation, outputs=outputs)
    return _Pruning(model, calibration, judged, format, threads, progress).run(bound)


class _Pruning:
    """A search for the narrowest model."""

    def __init__(
        self,
        model: LoadedModel,
        calibration: Samples,
        judged: Samples,
        format: str,  # noqa: A002 - the field's word
        threads: int,
        progress: Progress,
    ) -> None:
        self._model = model
        self._calibration = calibration
        self._judged = judged
        self._spec = ExportSpec(format, "int8")
        self._progress = progress
        self._exporter = self._exporter_of(model.network)
        self._trials = self._exporter.trials(threads, [self._spec])
        self._ranges = self._ranges_of(model.network, calibration)
        self._layers: dict[str, HiddenLayer] = {}
        self._thinned: dict[HiddenLayer, dict[LayerWidth, ThinnedLayer]] = {}
        self._last: _Quantizer | None = None

    def run(self, bound: Bound) -> Pruned:
        """See :func:`prune_model`."""
        found = search(
            self._model.task,
            self._mixes(),
            self._file_of,
            self._trials,
            self._judged,
            bound,
            self._progress,
        )
        layers = {
            path: Width(
                channels=width.channels,
                before=self._layers[path].channels,
                rank=width.rank or None,
            )
            for path, width in found.mix.widths.items()
        }
        return Pruned(
            self._quantizer_of(found.mix).exporter.loaded,
            layers,
            cost_of(self._model.config).macs,
            self._spec.format,
            bound,
            found,
            self._calibration,
            self._judged,
        )

    def _mixes(self) -> list[Mix]:
        """From the fastest to the cleanest."""
        return [with_added_ops(mix, self._layers) for mix in front(self._choices())]

    def _choices(self) -> dict[str, list[Choice]]:
        """The widths of each layer and the precisions of each op, with what they cost."""
        network, preprocessing = self._model.network, self._model.preprocessing
        with self._progress.step("choosing channels") as advance:
            self._thinned = thin_layers(
                network,
                self._calibration,
                preprocessing,
                widths_of,
                best_widths,
                lambda: advance(1),
            )
        self._layers = {layer.path: layer for layer in self._thinned}
        guide, _ = halves(self._judged)
        choices = channel_choices(
            self._model.task,
            network,
            self._thinned,
            self._narrowed_file,
            self._trials,
            guide,
            preprocessing,
            self._progress,
        )
        if self._exporter.choices:
            choices |= precision_choices(
                self._model.task,
                lambda recipe: self._exporter.quantized(recipe, self._ranges),
                self._trials,
                self._exporter.model,
                self._ranges,
                guide,
                preprocessing,
                self._exporter.choices,
                self._progress,
            )
        return choices

    def _exporter_of(self, network: Network) -> Exporter:
        exporter = EXPORTERS[self._spec.format](dataclasses.replace(self._model, network=network))
        exporter.prepare([self._spec], self._calibration, QUIET)
        return exporter

    def _ranges_of(self, network: Network, images: Samples) -> Ranges:
        return calibrate(rewrite(network, CALIBRATED), images, self._model.preprocessing)

    def _narrowed_file(self, cuts: Cuts) -> bytes:
        """The fastest file of a network whose layers are cut, for its time."""
        network = narrowed(self._model.network, cuts)
        ranges = self._ranges_of(network, self._calibration.first(1))  # time hangs on none
        return self._exporter_of(network).quantized(None, ranges)

    def _network_of(self, mix: Mix) -> Network:
        cuts = {}
        for path, width in mix.widths.items():
            layer = self._layers[path]
            if width != layer.width:
                cuts[layer] = self._thinned[layer][width].cut
        if not cuts:
            return self._model.network
        return prune(self._model.network, cuts, self._calibration, self._model.preprocessing)

    def _file_of(self, mix: Mix) -> bytes:
        """The file of a mix."""
        quantizer = self._quantizer_of(mix)
        recipe: Recipe | None = recipe_of(mix.precisions) if mix.precisions else None
        return quantizer.exporter.quantized(recipe, quantizer.ranges)

    def _quantizer_of(self, mix: Mix) -> _Quantizer:
        """A network that the mix before had too is not made and converted again."""
        if self._last is None or self._last.widths != mix.widths:
            network = self._network_of(mix)
            ranges = self._ranges_of(network, self._calibration)
            self._last = _Quantizer(mix.widths, self._exporter_of(network), ranges)
        return self._last


@dataclasses.dataclass(frozen=True)
class _Quantizer:
    """What makes INT8 files of a network with some widths."""

    widths: Mapping[str, LayerWidth]
    exporter: Exporter
    ranges: Ranges
