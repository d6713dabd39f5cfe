"""lowformer-edge: from a trained LowFormer to verified files for phones.

>>> import lowformer_edge as lfe
>>> model = lfe.load_model()
>>> bundle = lfe.export_model(model, "demo-bundle", ["tflite/fp32", "tflite/int8"])
>>> with lfe.open_model(bundle, "int8") as classifier:
...     classifier("photo.jpg")

Importing this loads nothing else; each name brings what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .artifact.annotations import ObjectAnnotations
    from .artifact.bundle import Bundle, open_bundle
    from .artifact.preprocessing import Preprocessing
    from .artifact.samples import Samples
    from .calibration.ranges import Ranges
    from .calibration.recipe import Recipe, Rule
    from .errors import (
        ArtifactError,
        CheckError,
        CheckpointError,
        ConfigError,
        DataError,
        ExportError,
        LabError,
        LowFormerEdgeError,
        ManifestError,
        MissingDependencyError,
        SystemLimitError,
        TargetError,
        UsageError,
    )
    from .export.search.bound import Bound
    from .export.spec import ExportSpec
    from .models.config import LowFormerConfig
    from .models.loading import LoadedModel, from_module, load_model
    from .models.lowformer import LowFormer
    from .progress import Progress
    from .tasks.classification import Prediction
    from .workflows.bench import Benchmark, bench
    from .workflows.calibrate import calibrate, measure_sensitivity
    from .workflows.compare import Comparison, compare_files
    from .workflows.count import count_instructions
    from .workflows.data import open_images
    from .workflows.export import export_model
    from .workflows.inference import DeployedModel, open_model
    from .workflows.pruning import Pruned, prune_model
    from .workflows.search import search_recipe
    from .workflows.verify import Verification, verify

_HOMES = {
    "artifact.annotations": ("ObjectAnnotations",),
    "artifact.bundle": ("Bundle", "open_bundle"),
    "artifact.preprocessing": ("Preprocessing",),
    "artifact.samples": ("Samples",),
    "calibration.ranges": ("Ranges",),
    "calibration.recipe": ("Recipe", "Rule"),
    "errors": (
        "ArtifactError",
        "CheckError",
        "CheckpointError",
        "ConfigError",
        "DataError",
        "ExportError",
        "LabError",
        "LowFormerEdgeError",
        "ManifestError",
        "MissingDependencyError",
        "SystemLimitError",
        "TargetError",
        "UsageError",
    ),
    "export.search.bound": ("Bound",),
    "export.spec": ("ExportSpec",),
    "models.config": ("LowFormerConfig",),
    "models.loading": ("LoadedModel", "from_module", "load_model"),
    "models.lowformer": ("LowFormer",),
    "progress": ("Progress",),
    "workflows.bench": ("Benchmark", "bench"),
    "workflows.calibrate": ("calibrate", "measure_sensitivity"),
    "workflows.compare": ("Comparison", "compare_files"),
    "workflows.count": ("count_instructions",),
    "workflows.data": ("open_images",),
    "workflows.export": ("export_model",),
    "tasks.classification": ("Prediction",),
    "workflows.inference": ("DeployedModel", "open_model"),
    "workflows.pruning": ("Pruned", "prune_model"),
    "workflows.search": ("search_recipe",),
    "workflows.verify": ("Verification", "verify"),
}
"""Where the public names come from."""

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ArtifactError",
    "Benchmark",
    "Bound",
    "Bundle",
    "CheckError",
    "CheckpointError",
    "Comparison",
    "ConfigError",
    "DataError",
    "DeployedModel",
    "ExportError",
    "ExportSpec",
    "LabError",
    "LoadedModel",
    "LowFormer",
    "LowFormerConfig",
    "LowFormerEdgeError",
    "ManifestError",
    "MissingDependencyError",
    "ObjectAnnotations",
    "Prediction",
    "Preprocessing",
    "Progress",
    "Pruned",
    "Ranges",
    "Recipe",
    "Rule",
    "Samples",
    "SystemLimitError",
    "TargetError",
    "UsageError",
    "Verification",
    "__version__",
    "bench",
    "calibrate",
    "compare_files",
    "count_instructions",
    "export_model",
    "from_module",
    "load_model",
    "measure_sensitivity",
    "open_bundle",
    "open_images",
    "open_model",
    "prune_model",
    "search_recipe",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
