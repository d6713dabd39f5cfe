"""Programs read and run, whole and damaged; the bundled model's file is lowered once."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import struct
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import ArtifactError
from lowformer_edge.export.executorch.exporter import ExecuTorchExporter
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.executorch import program as executorch_program
from lowformer_edge.runtime.executorch.program import (
    NO_TENSOR,
    DelegateCall,
    TensorType,
    read_delegate,
    read_program,
)
from lowformer_edge.runtime.executorch.residency import residency
from lowformer_edge.runtime.executorch.runner import NUMPY_RUNTIME, ExecuTorchRunner, tensors
from lowformer_edge.runtime.executorch.tracer import ExecuTorchTracer
from lowformer_edge.runtime.executorch.xnnpack_graph import read_graph

SPEC = Preprocessing(size=32, crop_ratio=1.0)


@pytest.fixture(scope="module")
def programs(
    attentive_config: LowFormerConfig, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A program for each backend that has one here."""
    folder = tmp_path_factory.mktemp("programs")
    config = attentive_config.replace(input_size=32)
    loaded = LoadedModel(random_model(config), SPEC, None, "random weights", None)
    exporter = ExecuTorchExporter(loaded)
    paths = {}
    for backend in ("xnnpack", "vulkan"):
        paths[backend] = folder / f"{backend}.pte"
        spec = ExportSpec.of("executorch", backend=backend)
        paths[backend].write_bytes(exporter.export(spec, exporter.model, None))
    return paths


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:This API is experimental")
def test_a_program_is_read_as_the_runtime_reads_it(programs: dict[str, Path]) -> None:
    from executorch.runtime import Runtime

    program = read_program(programs["xnnpack"])
    metadata = Runtime.get().load_program(str(programs["xnnpack"])).metadata("forward")
    assert [one.shape for one in program.inputs] == [tuple(metadata.input_tensor_meta(0).sizes())]
    assert [one.shape for one in program.outputs] == [tuple(metadata.output_tensor_meta(0).sizes())]
    assert program.backends == ("XnnpackBackend",)


@pytest.mark.filterwarnings("ignore:This API is experimental")
def test_the_runtime_still_misreads_channels_last(programs: dict[str, Path]) -> None:
    """Where this fails, the runtime was mended: take CONTIGUOUS_INPUTS and README's words out."""
    from executorch.runtime import Runtime

    images = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    method = Runtime.get().load_program(str(programs["xnnpack"])).load_method("forward")
    (expected,) = (values.clone() for values in method.execute([images]))
    (found,) = method.execute([images.to(memory_format=torch.channels_last)])
    assert not torch.allclose(found, expected, atol=1e-3)
    (found,) = method.execute([images.to(memory_format=torch.channels_last).contiguous()])
    assert torch.equal(found, expected)


def test_the_kinds_of_nodes_are_those_of_the_installed_schema() -> None:
    import executorch.backends.xnnpack.serialization as serialization

    folder = Path(next(iter(serialization.__path__)))
    schema = (folder / "schema.fbs").read_text()
    union = schema.split("union XNodeUnion {")[1].split("}")[0]
    kinds = [line.strip().rstrip(",").split(":")[0] for line in union.splitlines() if line.strip()]
    assert [kind.removeprefix("XNN") for kind in kinds] == list(executorch_program.XNNPACK_NODES)


def test_xnnpack_is_computed_op_by_op_as_the_runtime_computes_it(
    programs: dict[str, Path],
) -> None:
    tracer = ExecuTorchTracer(programs["xnnpack"])
    images = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
    with ExecuTorchRunner(programs["xnnpack"]) as runner:
        logits = runner.run(images)["logits"]
    found = tracer.trace(images).values[tracer.outputs[0].value]
    assert np.abs(found - logits).max() <= 1e-4 * np.abs(logits).max()


def test_what_runs_outside_xnnpack_cannot_be_traced(programs: dict[str, Path]) -> None:
    with pytest.raises(ArtifactError, match=r"runs .*VulkanBackend.*; only programs that are one"):
        ExecuTorchTracer(programs["vulkan"])


def test_kinds_of_nodes_are_counted(programs: dict[str, Path]) -> None:
    (call,) = read_program(programs["xnnpack"]).calls
    assert isinstance(call, DelegateCall)
    counts = residency(programs["xnnpack"]).op_counts
    assert sum(counts.values()) == len(call.nodes)
    assert {"Conv2d", "DepthwiseConv2d", "Hardswish", "BatchMatrixMultiply"} <= set(counts)
    assert residency(programs["vulkan"]).op_counts == {"VulkanBackend": 1}


def test_runs_do_not_remember_each_other(programs: dict[str, Path]) -> None:
    images = np.random.default_rng(0).standard_normal((3, 3, 32, 32)).astype(np.float32)
    with ExecuTorchRunner(programs["xnnpack"], threads=2) as runner:
        together = runner.run(images)["logits"]
        single = np.concatenate([runner.run(image[None])["logits"] for image in images[::-1]])
    assert np.array_equal(together, single[::-1])
    assert len({logits.tobytes() for logits in together}) == 3


def test_a_backend_that_is_not_here_is_named(programs: dict[str, Path]) -> None:
    with pytest.raises(ArtifactError, match="needs VulkanBackend, which this ExecuTorch runtime"):
        ExecuTorchRunner(programs["vulkan"])
    assert tensors(programs["vulkan"])[0][0].shape == (1, 3, 32, 32)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_truncated_programs_are_one_error(
    share: float, programs: dict[str, Path], tmp_path: Path
) -> None:
    content = programs["xnnpack"].read_bytes()
    path = tmp_path / "cut.pte"
    path.write_bytes(content[: int(share * len(content))])
    for read in (read_program, ExecuTorchRunner, residency, tensors):
        with pytest.raises(ArtifactError, match=r"cut\.pte: is (cut off|no ExecuTorch)"):
            read(path)


def test_other_files_and_versions_are_told_apart(programs: dict[str, Path], tmp_path: Path) -> None:
    content = programs["xnnpack"].read_bytes()
    path = tmp_path / "other.pte"
    path.write_bytes(content[:4] + b"ET99" + content[8:])
    with pytest.raises(ArtifactError, match="of version ET99, not ET12"):
        read_program(path)
    path.write_bytes(b"TFL3" * 10)
    with pytest.raises(ArtifactError, match="is no ExecuTorch program"):
        read_program(path)
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_program(tmp_path / "missing.pte")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_damage_of_the_program_is_an_error_or_harmless(
    data: st.DataObject, programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(programs["xnnpack"].read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(content), 60_000) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.pte"
    path.write_bytes(content)
    with contextlib.suppress(ArtifactError):
        read_program(path)


def test_values_that_are_too_large_for_any_memory_are_refused_unrun(
    programs: dict[str, Path], tmp_path: Path
) -> None:
    graph = read_graph(read_delegate(programs["xnnpack"]))
    given = {graph.values[number].shape for number in (*graph.inputs, *graph.outputs)}
    computed = {graph.values[node.output].shape for node in graph.nodes}
    shape = next(shape for shape in computed - given if len(shape) == 4)
    honest, huge = (struct.pack("<5I", 4, *shape[:3], last) for last in (shape[3], 1 << 31))
    path = tmp_path / "huge.pte"
    path.write_bytes(programs["xnnpack"].read_bytes().replace(honest, huge))
    with pytest.raises(ArtifactError, match=r"a value of shape \[.*2147483648\] is too large"):
        ExecuTorchRunner(path)


def test_programs_without_forward_or_with_other_inputs(
    programs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executorch_program, "FORWARD", "backward")
    with pytest.raises(ArtifactError, match="has no method 'forward'"):
        read_program(programs["xnnpack"])
    monkeypatch.undo()
    for dtype, complaint in ((NO_TENSOR, "is no tensor"), ("bfloat16", "is bfloat16; only files")):
        program = dataclasses.replace(
            read_program(programs["xnnpack"]), inputs=(TensorType((1, 3, 32, 32), dtype),)
        )
        with monkeypatch.context() as patch:
            place = "lowformer_edge.runtime.executorch.runner.read_program"
            patch.setattr(place, lambda path, program=program: program)
            with pytest.raises(ArtifactError, match=complaint):
                ExecuTorchRunner(programs["xnnpack"])


def test_reading_a_program_loads_no_torch(programs: dict[str, Path]) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from lowformer_edge.runtime.executorch.residency import residency\n"
        f"assert residency(Path({str(programs['xnnpack'])!r})).partitions == 1\n"
        "assert not {'torch', 'executorch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.skipif(
    importlib.util.find_spec(NUMPY_RUNTIME) is None,
    reason="executorch-numpy-runtime is not installed; its wheels need Python 3.12",
)
def test_running_a_program_without_torch(programs: dict[str, Path]) -> None:
    code = (
        "import sys, numpy\n"
        "from pathlib import Path\n"
        "from lowformer_edge.runtime.executorch.runner import ExecuTorchRunner\n"
        f"with ExecuTorchRunner(Path({str(programs['xnnpack'])!r})) as runner:\n"
        "    logits = runner.run(numpy.zeros((1, 3, 32, 32), numpy.float32))['logits']\n"
        "assert numpy.isfinite(logits).all()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_its_tracer_tells_the_times_of_ops(programs: dict[str, Path]) -> None:
    from lowformer_edge.runtime.executorch.profile import profile

    found = profile(programs["xnnpack"], 1, 4)
    assert (found.runtime, found.runs, found.missing) == ("ExecuTorch", 4, None)
    assert any(kind.startswith("Convolution") for kind, _, _ in found.kinds())
    assert not any(op.name.startswith(("Method", "DELEGATE")) for op in found.ops)
    assert found.milliseconds > 0
    with pytest.raises(ArtifactError, match="VulkanBackend"):
        profile(programs["vulkan"], 1, 4)
