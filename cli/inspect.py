"""``lowformer-inspect``: what a file or a bundle holds, and where its ops run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifact.files import size_of
from ..errors import ArtifactError
from ..process.text import printable
from .command import EXIT_OK, CommandParser, print_json, run_command

if TYPE_CHECKING:
    from ..artifact.manifest import Tensor


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    parser = CommandParser(
        prog="lowformer-inspect",
        description="Shows inputs, outputs, ops and delegation of a .tflite, .pte or .onnx file or"
        " a .mlpackage, or checks and shows a bundle.",
    )
    parser.add_argument("path", type=Path, metavar="FILE|BUNDLE")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return run_command(lambda: _inspect(parser.parse_args(arguments)))


def _inspect(options: argparse.Namespace) -> int:
    from ..runtime.formats import RUNTIMES

    path: Path = options.path
    if path.suffix in RUNTIMES:
        _inspect_file(path, options.json)
    elif path.is_dir():
        _inspect_bundle(path, options.json)
    elif path.exists():
        raise ArtifactError(
            f"{path}: of no known kind; give a {', '.join(RUNTIMES)} file or a bundle's folder"
        )
    else:
        raise ArtifactError(f"{path}: there is no such file or folder")
    return EXIT_OK


def _inspect_bundle(folder: Path, as_json: bool) -> None:
    from ..artifact.manifest import read_manifest

    manifest = read_manifest(folder)
    if as_json:
        print_json(manifest.model_dump(mode="json"))
        return
    from .tables.export import print_summary

    print_summary(folder, manifest)
    print(f"all {len(manifest.files())} files fit their hashes")


def _inspect_file(path: Path, as_json: bool) -> None:
    from ..runtime.formats import format_of

    kind = format_of(path)
    where = kind.residency(path, 1)
    inputs, outputs = kind.tensors(path)
    metadata = kind.metadata(path)
    if as_json:
        print_json(
            {
                "path": str(path),
                "bytes": size_of(path),
                "inputs": [tensor.model_dump(mode="json") for tensor in inputs],
                "outputs": [tensor.model_dump(mode="json") for tensor in outputs],
                "ops": where.op_counts,
                "delegate": where.delegate,
                "partitions": where.partitions,
                "refused": [{"kind": op.kind, "name": op.name} for op in where.refused],
                "metadata": metadata,
            }
        )
        return
    print(f"{printable(path)}: {size_of(path) / 1e6:.2f} MB")
    for role, records in (("input", inputs), ("output", outputs)):
        for tensor in records:
            print(f"{role}: {_described(tensor)}")
    if metadata:
        print(f"metadata: {', '.join(map(printable, metadata))}")
    place = f", in {where.partitions} {where.delegate} partition(s)" if where.delegate else ""
    print(f"ops: {len(where.ops)}{place}")
    for op, count in where.op_counts.items():
        print(f"  {count:4d} {op}")
    if not where.delegate:
        print("which unit runs each op, only the device can tell")
        return
    print(f"not delegated: {len(where.refused)}")
    for record in where.refused:
        print(f"  {record.kind} {printable(record.name)}")


def _described(tensor: Tensor) -> str:
    text = f"{printable(tensor.name)} {tensor.dtype} {list(tensor.shape)} {tensor.layout}"
    if tensor.quantization:
        scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
        text += f", real = {scale:.6g} * (integer - {zero_point})"
    return text


if __name__ == "__main__":
    sys.exit(main())
