"""ONNX files run, whole and damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from lowformer_edge.errors import ArtifactError
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.onnx.residency import residency
from lowformer_edge.runtime.onnx.runner import OnnxRunner, read_metadata, tensors


def model(shape: tuple[int | str, ...] = (1, 3, 8, 8), opset: int = 20) -> onnx.ModelProto:
    """The mean of each channel."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, (shape[0], 3))
    axes = helper.make_tensor("axes", TensorProto.INT64, (2,), (2, 3))
    node = helper.make_node("ReduceMean", ["image", "axes"], ["logits"], "mean", keepdims=0)
    graph = helper.make_graph([node], "mean", [image], [logits], [axes])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mean.onnx"
    onnx.save(model(), str(path))
    return path


@pytest.mark.parametrize("batch", [1, 2, "batch"])
def test_any_number_of_images(batch: int | str, tmp_path: Path) -> None:
    path = tmp_path / "mean.onnx"
    onnx.save(model((batch, 3, 8, 8)), str(path))
    images = np.random.default_rng(0).standard_normal((5, 3, 8, 8)).astype(np.float32)
    with OnnxRunner(path, threads=2) as runner:
        assert (runner.batch, runner.threads) == (2 if batch == 2 else 1, 2)
        found = runner.run(images)["logits"]
    assert np.allclose(found, images.mean((2, 3)), atol=1e-6)


def test_inputs_outputs_residency_and_no_metadata(path: Path) -> None:
    (image,), (logits,) = tensors(path)
    assert (image.name, image.shape, image.dtype, image.layout) == (
        "image",
        (1, 3, 8, 8),
        "float32",
        "NCHW",
    )
    assert (logits.shape, logits.layout) == ((1, 3), "NK")
    where = residency(path)
    assert where.op_counts == {"ReduceMean": 1}
    assert (where.delegate, where.partitions, where.refused) == ("CPUExecutionProvider", 1, ())
    assert read_metadata(path) is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_files_are_one_error(share: float, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    for read in (OnnxRunner, tensors, residency):
        with pytest.raises(ArtifactError, match=r"mean\.onnx: ONNX Runtime .* cannot load it"):
            read(path)


def test_what_this_runtime_does_not_know_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new.onnx"
    onnx.save(model(opset=99), str(path))
    with pytest.raises(
        ArtifactError, match=r"new\.onnx: ONNX Runtime .*[Oo]pset 99.*till opset .*another version"
    ):
        OnnxRunner(path)
    strange = model()
    strange.graph.node[0].op_type = "Teleport"
    onnx.save(strange, str(path))
    with pytest.raises(ArtifactError, match="Teleport"):
        OnnxRunner(path)


def test_rectangles_are_run_and_other_inputs_are_not_run_as_images(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    onnx.save(model((1, 3, 8, 9)), str(path))
    images = np.random.default_rng(0).standard_normal((2, 3, 8, 9)).astype(np.float32)
    with OnnxRunner(path) as runner:
        assert (runner.height, runner.width, runner.shape) == (8, 9, (3, 8, 9))
        assert np.allclose(runner.run(images)["logits"], images.mean((2, 3)), atol=1e-6)
        with pytest.raises(ValueError, match=r"float32 \[N, 3, 8, 9\], not float32 \[2, 3, 9, 8\]"):
            runner.run(images.transpose(0, 1, 3, 2))
    onnx.save(model((1, 5, 8, 8)), str(path))
    with OnnxRunner(path) as runner:
        with pytest.raises(ArtifactError, match=r"no RGB image: image float32 \[1, 5, 8, 8\]"):
            runner.run(images)
        runner.set_noise()
        runner.invoke()


def test_missing_files_and_damaged_metadata(path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such file"):
        OnnxRunner(path.with_name("missing.onnx"))
    proto = onnx.load(str(path))
    helper.set_model_props(proto, {"lowformer_edge": "{"})
    onnx.save(proto, str(path))
    with pytest.raises(ArtifactError, match="metadata are damaged"):
        read_metadata(path)


def test_running_a_file_loads_no_torch(path: Path) -> None:
    code = (
        "import sys, numpy\n"
        "from pathlib import Path\n"
        "from lowformer_edge.runtime.onnx.runner import OnnxRunner\n"
        "from lowformer_edge.runtime.onnx.residency import residency\n"
        f"path = Path({str(path)!r})\n"
        "with OnnxRunner(path) as runner:\n"
        "    logits = runner.run(numpy.ones((1, 3, 8, 8), numpy.float32))['logits']\n"
        "    assert logits.tolist() == [[1, 1, 1]]\n"
        "residency(path)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.heavy
def test_a_graph_that_contradicts_itself_cannot_be_traced(
    all_formats_bundle: Path, tmp_path: Path
) -> None:
    """ONNX Runtime takes no notice of it, and onnx does."""
    model = onnx.load(all_formats_bundle / "demo-fp32.onnx")
    name = model.graph.initializer[0].name
    kept = [item for item in model.graph.value_info if item.name != name]
    del model.graph.value_info[:]
    stated = helper.make_tensor_value_info(name, TensorProto.UINT8, None)
    model.graph.value_info.extend([*kept, stated])
    path = tmp_path / "contradicting.onnx"
    onnx.save(model, path)
    with pytest.raises(ArtifactError, match=r"contradicting\.onnx: damaged, .*differs from exist"):
        format_of(path).open_tracer(path)
