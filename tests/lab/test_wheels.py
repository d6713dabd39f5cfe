"""What is fetched for ARM is what this product was tested with."""

from __future__ import annotations

from lowformer_edge.lab.wheels import requirement, requirements


def test_every_requirement_has_one_version() -> None:
    found = requirements("tflite-runtime", "onnx-runtime", "coreml-runtime")
    names = [item.split("==")[0] for item in found]
    assert {"numpy", "pydantic", "ai-edge-litert", "onnxruntime", "threadpoolctl"} <= set(names)
    assert all(item.count("==") == 1 for item in found)
    assert not {"torch", "executorch", "lowformer-edge"} & set(names)


def test_one_package_of_an_extra() -> None:
    assert requirement("executorch", "executorch").startswith("executorch==")
    assert requirement("torch", "torch").startswith("torch==")
