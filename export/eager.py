"""The eager model that every artifact is held to: its outputs, and those of each op."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn
from torch._decomp import get_decompositions

from ..artifact.manifest import Manifest
from ..artifact.outputs import Outputs, joined
from ..artifact.pixel_file import Pixels
from ..artifact.preprocessing import Preprocessing
from ..errors import UsageError
from ..models.checkpoint import load_weights, read_checkpoint
from ..models.checkpoint_file import digest_of_checkpoint
from ..models.checkpoint_source import local_path
from ..models.config import LowFormerConfig
from ..models.loading import LoadedModel
from ..models.network import named_outputs
from ..progress import Advance
from ..runtime.trace import Array, Trace, TracedOp, dependent
from .rewrites.table import rewrite

BATCH = 16


class EagerModel:
    """A model as it was loaded, and as it is rewritten for formats.

    Args:
        network: The model.
        preprocessing: Normalises its images.
    """

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        self._network = network
        self._preprocessing = preprocessing
        self._rewritten: dict[str, nn.Module] = {}

    @classmethod
    def of_bundle(cls, manifest: Manifest, weights: Path) -> EagerModel:
        """The model that a bundle was made from.

        Args:
            manifest: The bundle's.
            weights: The checkpoint.

        Raises:
            UsageError: The checkpoint is another one.
            CheckpointError: It cannot be read.
        """
        weights = local_path(weights)
        if digest_of_checkpoint(weights) != manifest.source.sha256:
            raise UsageError(f"{weights}: is not the checkpoint that the bundle was made from")
        config = LowFormerConfig.from_dict(manifest.model)
        network = load_weights(config, read_checkpoint(weights, manifest.source.taken or None))
        return cls(network, manifest.preprocessing_spec())

    @classmethod
    def of_model(cls, manifest: Manifest, model: LoadedModel) -> EagerModel:
        """The model that a bundle was made from, where it is loaded already.

        Args:
            manifest: The bundle's.
            model: The model.

        Raises:
            UsageError: It is another one.
        """
        if not isinstance(model, LoadedModel):
            raise UsageError(
                "`weights` must be a file, or what load_model or from_module gives, not"
                f" {type(model).__name__}"
            )
        if model.digest != manifest.source.sha256 or model.config.to_dict() != manifest.model:
            raise UsageError("`weights` are not those of the model that the bundle was made from")
        return cls(model.network, manifest.preprocessing_spec())

    def outputs(self, pixels: Pixels, advance: Advance) -> Outputs:
        """Outputs for images, uint8 [N, H, W, 3]."""
        return reference_outputs(self._network, pixels, self._preprocessing, advance)

    def rewritten_outputs(self, format_name: str, pixels: Pixels, advance: Advance) -> Outputs:
        """The same of what the model is rewritten to for a format."""
        model = self.rewritten(format_name)
        return reference_outputs(model, pixels, self._preprocessing, advance)

    def rewritten(self, format_name: str) -> nn.Module:
        """The model as it is rewritten for a format."""
        if format_name not in self._rewritten:
            self._rewritten[format_name] = rewrite(self._network, format_name)
        return self._rewritten[format_name]

    def trace(self, format_name: str, images: NDArray[np.float32]) -> Trace:
        """What every op of it computes for normalised images, float32 [batch, 3, H, W]."""
        return eager_trace(self.rewritten(format_name), images)


def reference_outputs(
    model: nn.Module, pixels: Pixels, preprocessing: Preprocessing, advance: Advance
) -> Outputs:
    """Outputs of the eager model for images, uint8 [N, H, W, 3]."""
    parts: list[Outputs] = []
    with torch.no_grad():
        for start in range(0, len(pixels), BATCH):
            batch = preprocessing.normalise(pixels[start : start + BATCH])
            parts.append(named_outputs(model(torch.from_numpy(batch))))
            advance(len(batch))
    return joined(parts)


def eager_trace(model: nn.Module, images: NDArray[np.float32]) -> Trace:
    """Runs a model op by op.

    Ops are those of PyTorch's core set, into which hard-swish and the like are taken apart:
    a file's converter may have done so too, or not, and the values at the seams are there in
    both cases.

    Args:
        model: As it was rewritten for the file's target.
        images: Normalised float32 [batch, 3, H, W].
    """
    sample = torch.from_numpy(images)
    with warnings.catch_warnings():
        # What PyTorch says to itself when it copies a graph.
        warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)
        program = torch.export.export(model, (sample,)).run_decompositions(_decompositions())
        module = program.module()
    recorder = _Recorder(module)
    with torch.no_grad():
        recorder.run(sample)
    inputs = {node.name for node in module.graph.nodes if node.op == "placeholder"}
    return Trace(dependent(recorder.ops, inputs), recorder.values)


def _decompositions() -> Any:
    """How composite ops are taken apart: as PyTorch does, and norms too."""
    norms = [torch.ops.aten.native_layer_norm]
    return {**torch.export.default_decompositions(), **get_decompositions(norms)}


class _Recorder(fx.Interpreter):
    """Keeps what each node of a graph gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.ops: list[TracedOp] = []
        self.values: dict[str, Array] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor):
            self.values[n.name] = result.numpy().copy()
        if n.op == "call_function":
            inputs = tuple(node.name for node in n.all_input_nodes)
            if n.target is torch.ops.aten.addmm.default:
                inputs = (*inputs, self._add_product(n))
            elif n.target is torch.ops.aten.convolution.default:
                inputs = (*inputs, *self._add_padding(n))
            self.ops.append(TracedOp(str(n.target), n.name, inputs, (n.name,), module=_path(n)))
        return result

    def _add_product(self, node: fx.Node) -> str:
        """Records the product of an addmm by itself, which some formats have as an op."""
        name = f"{node.name}_product"
        factors = tuple(item.name for item in node.all_input_nodes[1:])
        _, first, second = self.fetch_args_kwargs_from_env(node)[0]
        self.values[name] = (first @ second).numpy()
        self.ops.append(TracedOp("aten.mm.default", name, factors, (name,), module=_path(node)))
        return name

    def _add_padding(self, node: fx.Node) -> tuple[str, ...]:
        """Records the padded image of a convolution, likewise; nothing where it is not padded."""
        image, _, _, _, padding, _, transposed = self.fetch_args_kwargs_from_env(node)[0][:7]
        if transposed or not any(padding):
            return ()
        name = f"{node.name}_padded"
        sides = [side for size in reversed(padding) for side in (size, size)]
        self.values[name] = nn.functional.pad(image, sides).numpy()
        source = (node.all_input_nodes[0].name,)
        kind = "aten.constant_pad_nd.default"
        self.ops.append(TracedOp(kind, name, source, (name,), module=_path(node)))
        return (name,)


def _path(node: fx.Node) -> str | None:
    """The path of the innermost module that a node was called in."""
    stack = node.meta.get("nn_module_stack") or {}
    return next((path for path, _ in reversed(stack.values()) if path), None)
