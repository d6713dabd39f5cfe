"""ExecuTorch's Core ML partitioner, which needs coremltools."""

from __future__ import annotations

from typing import Any


def coreml_partitioner(precision: str) -> Any:
    """The partitioner for ``fp32`` or ``fp16``, with iOS 17 as the least system."""
    import coremltools
    from executorch.backends.apple.coreml.compiler import CoreMLBackend
    from executorch.backends.apple.coreml.partition import CoreMLPartitioner

    kinds = coremltools.precision
    return CoreMLPartitioner(
        compile_specs=CoreMLBackend.generate_compile_specs(
            minimum_deployment_target=coremltools.target.iOS17,
            compute_precision=kinds.FLOAT16 if precision == "fp16" else kinds.FLOAT32,
        )
    )
