"""Exporting to the NPU of Snapdragon chips: graphs in a form that it takes whole, and compiled.

A graph is an ONNX file like any other, which ONNX Runtime's CPU kernels compute too. Compiled for
one chip it is an ONNX file whose only op holds Qualcomm's context binary.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import nn

from ...artifact.chips import chip_of
from ...artifact.formats import FORMATS
from ...artifact.interface import METADATA_NAME
from ...artifact.manifest import Compiled
from ...artifact.samples import Samples
from ...calibration.ranges import Ranges
from ...calibration.recipe import KINDS, Recipe, uniform
from ...errors import ExportError, UsageError
from ...models.loading import LoadedModel
from ...process.system_limit import scratch_folder
from ...progress import Advance, Progress
from ...runtime.qnn.simulator import CONTEXT_OP, open_session, sdk_version
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..half_precision import HalfPrecision
from ..metadata import metadata
from ..onnx.exporter import convert, describe
from ..options import QnnOptions
from ..spec import ExportSpec
from .trials import QnnTrials

OPSET = 21
"""The first whose QuantizeLinear has 16 bits."""

JUDGED_ON = "8gen3"
"""The chip that a search judges on where none is named."""

OTHERS = "w8a16"
"""What ops without weights are computed in beside ops in integers; see ``legality.REFUSED``."""


class QnnExporter(Exporter):
    """Exports graphs with input ``image`` [batch, 3, height, width] and output ``logits``.

    Raises:
        UsageError: The model is for detection or segmentation.
    """

    format = FORMATS["qnn"]
    # Ops with weights are integers throughout; those without are in 16 bits beside them.
    recipes: ClassVar = {
        "fp16": uniform("fp32"),
        "w8a16": uniform("w8a16"),
        "int8": uniform("int8"),
    }
    # With float16 among them a file would not be for every chip.
    choices: ClassVar = dict.fromkeys(KINDS, ("int8", "w8a16"))

    def __init__(self, loaded: LoadedModel, batch: int = 1) -> None:
        if loaded.config.dense_head is not None:
            raise UsageError(
                f"model {loaded.config.name} is for {loaded.config.task}, whose ops were not tried"
                f" on the NPU; choose another format than {self.format.name}"
            )
        super().__init__(loaded, batch)
        self._observed: dict[str, tuple[float, float]] | None = None
        self._float: Any = None
        self._graphs: dict[ExportSpec, bytes] = {}

    @classmethod
    def suffix_of(cls, spec: ExportSpec) -> str:
        """See :class:`Exporter`; a graph for any chip is an ONNX file."""
        compiled = spec.options_as(QnnOptions).chip
        return cls.format.suffix if compiled else FORMATS["onnx"].suffix

    def compiled_for(self, spec: ExportSpec) -> Compiled | None:
        """See :class:`Exporter`; with the SDK that is installed."""
        name = spec.options_as(QnnOptions).chip
        if not name:
            return None
        chip = chip_of(name)
        return Compiled(
            chip=chip.name, soc_model=chip.soc_model, htp_arch=chip.htp_arch, sdk=sdk_version()
        )

    def prepare(
        self, specs: Sequence[ExportSpec], calibration: Samples, progress: Progress
    ) -> None:
        """See :class:`Exporter`."""
        if any(spec.needs_ranges for spec in specs):
            with progress.step("calibrating all ops", len(calibration)) as advance:
                self.observe(calibration, advance)

    def quantized(self, recipe: Recipe | None, ranges: Ranges) -> bytes:
        """See :class:`Exporter`."""
        spec = ExportSpec(self.format.name, "int8", batch=self.batch, recipe=recipe)
        return self.graph(spec, self.model, ranges)

    def trials(self, threads: int, specs: Sequence[ExportSpec]) -> QnnTrials:
        """See :class:`Exporter`; on the first chip that is named."""
        chips = [spec.options_as(QnnOptions).chip for spec in specs]
        chip = next(filter(None, chips), JUDGED_ON)
        return QnnTrials(self.loaded.preprocessing, chip_of(chip))

    def observe(self, images: Samples, advance: Advance = lambda count: None) -> None:
        """Takes the ranges of all activations that have none among the modules' ranges.

        Raises:
            DataError: An activation is NaN or infinite.
        """
        from .tensor_ranges import tensor_ranges

        with converter_errors("calibrating the NPU's graph", "onnx"):
            self._observed = tensor_ranges(
                self._float32(), images, self.loaded.preprocessing, advance
            )

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        """See :class:`Exporter`.

        Raises:
            RefusedByNpuError: The chip's NPU does not take an op; the message names it.
        """
        graph = dataclasses.replace(spec, options=QnnOptions())
        if graph not in self._graphs:
            self._graphs[graph] = self.graph(graph, model, ranges)
        return self._graphs[graph] if spec == graph else self._compiled(spec, self._graphs[graph])

    def graph(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        """A graph for the NPU of any chip; see :meth:`export`."""
        with converter_errors("exporting to ONNX", "onnx"):
            return self._graph(spec, model, ranges)

    def _graph(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        import onnx

        precisions = self.precisions_of(spec, model)
        if spec.precision == "fp16":
            proto = self._converted(HalfPrecision(model))
        elif model is self.model:
            proto = copy.deepcopy(self._float32())
        else:
            proto = self._converted(model)
        if spec.needs_ranges:
            self._quantize(proto, model, precisions, ranges)
        describe(proto, f"LowFormer {self.loaded.config.name}, {spec.label}, by lowformer-edge")
        onnx.helper.set_model_props(proto, {METADATA_NAME: metadata(spec, self.loaded)})
        onnx.checker.check_model(proto, full_check=True)
        return bytes(proto.SerializeToString(deterministic=True))

    def _float32(self) -> Any:
        if self._float is None:
            self._float = self._converted(self.model)
        return self._float

    def _converted(self, model: nn.Module) -> Any:
        return convert(model, self.sample(ExportSpec(batch=self.batch)), OPSET)

    def _quantize(
        self, proto: Any, model: nn.Module, precisions: dict[str, str], ranges: Ranges | None
    ) -> None:
        from ..onnx.quantization import match_nodes
        from .quantization import QnnQuantizer

        assert ranges is not None
        if self._observed is None:
            raise UsageError(
                "w8a16 and int8 for the NPU need calibration images; give `calibration`"
            )
        known = dict(self._observed)
        chosen = {node.name: OTHERS for node in proto.graph.node}
        for matched in match_nodes(proto.graph, model):
            node, found = matched.node, ranges.modules[matched.path]
            chosen[node.name] = precisions[matched.path]
            known[node.output[0]] = found.output
            known[node.input[0]] = found.input
        QnnQuantizer(proto, known).quantize(chosen)

    def _compiled(self, spec: ExportSpec, graph: bytes) -> bytes:
        """A graph compiled for a chip."""
        import onnx

        chip = chip_of(spec.options_as(QnnOptions).chip)
        with (
            converter_errors(f"compiling for Snapdragon {chip.title}", "npu"),
            scratch_folder() as folder,
        ):
            source = folder / f"{self.loaded.config.name}-{spec.precision}.onnx"
            source.write_bytes(graph)
            written = folder / "compiled.onnx"
            open_session(source, chip, written)
            compiled = onnx.load(str(written))
            kinds = [node.op_type for node in compiled.graph.node]
            if kinds != [CONTEXT_OP]:
                raise ExportError(
                    f"the NPU's compiler left ops to the CPU ({', '.join(dict.fromkeys(kinds))});"
                    " choose another chip or precision"
                )
            describe(
                compiled, f"LowFormer {self.loaded.config.name}, {spec.label}, by lowformer-edge"
            )
            stated = {item.key: item.value for item in compiled.metadata_props}
            stated[METADATA_NAME] = metadata(spec, self.loaded, self.compiled_for(spec))
            onnx.helper.set_model_props(compiled, stated)
            return bytes(compiled.SerializeToString(deterministic=True))
