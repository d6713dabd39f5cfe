"""``lowformer-inspect``: what a file or a bundle holds, and where its ops run."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.files import size_of
from ..errors import ArtifactError, UsageError
from ..progress import Progress
from .command import Answer, Command, CommandParser
from .terminal import tell

if TYPE_CHECKING:
    from ..artifact.manifest import Tensor
    from ..artifact.results.inspect import InspectResult
    from ..runtime.onnx.stored_graph import StoredGraph
    from ..runtime.residency import Residency


CHECKPOINTS = (".pt", ".pth", ".safetensors", ".ckpt", ".bin", ".tar", ".json")
"""What checkpoints are called; a JSON is an index of shards."""


class InspectCommand(Command):
    """The command ``lowformer-inspect``."""

    name = "lowformer-inspect"
    description = (
        "Shows inputs, outputs, ops and delegation of a .tflite, .pte or .onnx file or a"
        " .mlpackage, checks and shows a bundle, or lists what a checkpoint holds: sets of weights,"
        " the variant that fits them, and what is stated beside them. No code is run from it."
    )

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument("path", type=Path, nargs="?", metavar="FILE|BUNDLE")
        seen = parser.add_argument_group("what a network sees")
        seen.add_argument(
            "--preprocess",
            dest="image",
            type=Path,
            metavar="IMAGE",
            help="write the picture that the network sees of an image, before the normalisation, by"
            " the preprocessing of a bundle, an exported file, a checkpoint, the authors' YAML or a"
            " variant (default: the bundled model's)",
        )
        seen.add_argument("--output", type=Path, metavar="FILE", help="where to, as .png")

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        from ..runtime.formats import RUNTIMES

        if (options.image is None) != (options.output is None):
            raise UsageError("`image` and `output` belong together; give both, or neither")
        if options.image:
            return _preprocess(options.image, options.path, options.output)
        if options.path is None:
            raise UsageError("give a file or a bundle's folder; see lowformer-inspect --help")
        path: Path = options.path
        if path.suffix in RUNTIMES:
            return _inspect_file(path)
        if path.is_dir():
            return _inspect_bundle(path)
        if path.suffix in CHECKPOINTS:
            return _inspect_checkpoint(path)
        if path.exists():
            kinds = ", ".join((*RUNTIMES, *CHECKPOINTS))
            raise ArtifactError(
                f"{path}: of no known kind; give a {kinds} file or a bundle's folder"
            )
        raise ArtifactError(f"{path}: there is no such file or folder")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return InspectCommand().main(arguments)


def _inspect_bundle(folder: Path) -> Answer:
    from ..artifact.mac_script import strange_scripts
    from ..artifact.manifest import read_manifest

    manifest = read_manifest(folder)
    complaints = tuple(f"failed: {line}" for line in strange_scripts(folder, manifest))

    def show() -> None:
        from .tables.export import print_summary

        print_summary(folder, manifest)
        tell(f"all {len(manifest.files())} files fit their hashes")

    return Answer(lambda: manifest.model_dump(mode="json"), show, complaints)


def _preprocess(image: Path, source: Path | None, output: Path) -> Answer:
    from ..artifact.preprocessing import Preprocessing
    from ..artifact.preprocessing_text import described_preprocessing, described_sources
    from ..workflows.preprocess import preprocess_image

    found = preprocess_image(image, source, output)

    def show() -> None:
        used = Preprocessing.from_dict(found.preprocessing)
        sources = described_sources(used, found.preprocessing_sources)
        tell(f"{found.output}: {found.image} as {found.model} sees it")
        tell(f"preprocessing: {described_preprocessing(used)} ({sources})")

    return Answer(lambda: found.model_dump(mode="json"), show)


def _inspect_checkpoint(path: Path) -> Answer:
    from ..workflows.checkpoint import inspect_checkpoint
    from .tables.checkpoint import print_checkpoint

    found = inspect_checkpoint(path)
    return Answer(lambda: found.model_dump(mode="json"), lambda: print_checkpoint(found))


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What a file says of itself, and where its ops run."""

    path: Path
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    task: str | None
    why_no_task: str | None
    residency: Residency
    stored: StoredGraph | None
    metadata: dict[str, Any] | None

    def record(self) -> InspectResult:
        """The same as it is written."""
        from ..artifact.results.inspect import (
            InspectResult,
            OnnxVersionsResult,
            RefusedResult,
        )

        stored = self.stored
        return InspectResult(
            path=str(self.path),
            bytes=size_of(self.path),
            inputs=self.inputs,
            outputs=self.outputs,
            task=self.task,
            why_no_task=self.why_no_task,
            ops=stored.op_counts if stored else self.residency.op_counts,
            runtime_ops=self.residency.op_counts if stored and self.residency.delegate else None,
            onnx=OnnxVersionsResult(
                ir_version=stored.ir_version,
                opsets=stored.opsets,
                oldest_runtime=stored.oldest_runtime,
                runtime=stored.runtime,
            )
            if stored
            else None,
            delegate=self.residency.delegate,
            partitions=self.residency.partitions,
            refused=tuple(
                RefusedResult(kind=op.kind, name=op.name) for op in self.residency.refused
            ),
            metadata=self.metadata,
        )


def _inspect_file(path: Path) -> Answer:
    from ..runtime.images import task_of, without_guesses
    from ..workflows.describing import describe

    said = describe(path)
    inputs, outputs, metadata = said.inputs, said.outputs, said.metadata
    task, reason = task_of(inputs, outputs, metadata)
    if metadata is None:
        inputs, outputs = without_guesses(inputs, outputs)
    found = Inspection(path, inputs, outputs, task, reason, said.residency, said.stored, metadata)
    return Answer(lambda: found.record().model_dump(mode="json"), lambda: _show(found))


def _show(found: Inspection) -> None:
    """Prints what was found of a file."""
    from ..artifact.caveats import CONTIGUOUS_INPUTS

    path, where = found.path, found.residency
    tell(f"{path}: {size_of(path) / 1e6:.2f} MB")
    for role, records in (("input", found.inputs), ("output", found.outputs)):
        for tensor in records:
            tell(f"{role}: {_described(tensor)}")
    told = "" if found.metadata else ", as its inputs and outputs suggest"
    tell(f"task: {found.task}{told}" if found.task else found.why_no_task or "")
    if path.suffix == ".pte":
        tell(f"note: {CONTIGUOUS_INPUTS}")
    if found.metadata:
        tell(f"metadata: {', '.join(found.metadata)}")
    if found.stored:
        tell(f"versions: {_described_versions(found.stored)}")
    place = f", in {where.partitions} {where.delegate} partition(s)" if where.delegate else ""
    if found.stored and where.delegate:
        _show_ops("ops in the file", found.stored.op_counts)
        _show_ops(f"as ONNX Runtime {found.stored.runtime} runs them", where.op_counts, place)
    else:
        _show_ops("ops", where.op_counts, place)
    if not where.delegate:
        tell("which unit runs each op, only the device can tell")
        return
    tell(f"not delegated: {len(where.refused)}")
    for record in where.refused:
        tell(f"  {record.kind} {record.name}")


def _show_ops(title: str, counts: Mapping[str, int], place: str = "") -> None:
    tell(f"{title}: {sum(counts.values())}{place}")
    for op, count in counts.items():
        tell(f"  {count:4d} {op}")


def _described_versions(stored: StoredGraph) -> str:
    opsets = ", ".join(f"{name} {number}" for name, number in stored.opsets.items())
    oldest = (
        f"documented for ONNX Runtime {stored.oldest_runtime} and later"
        if stored.oldest_runtime
        else "newer than the documentation of ONNX Runtime that is known here"
    )
    return f"IR {stored.ir_version}, opset {opsets}; {oldest}; {stored.runtime} has read it"


def _described(tensor: Tensor) -> str:
    from ..runtime.tensor_values import shown_tensor

    text = shown_tensor(tensor)
    if tensor.layout:
        text += f" {tensor.layout}"
    if tensor.quantization:
        scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
        text += f", real = {scale:.6g} * (integer - {zero_point})"
    return text


if __name__ == "__main__":
    sys.exit(main())
