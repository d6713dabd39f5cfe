"""What several tests share: a small model, the demo model, and one export of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.manifest import Manifest, read_manifest
from lowformer_edge.calibration.images import DecodedImages
from lowformer_edge.cli.export import main as export
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model

DATA = Path(__file__).parent / "data"

TINY = LowFormerConfig(
    name="tiny",
    widths=(4, 6, 8, 16, 32),
    depths=(1, 1, 2, 1, 1),
    downsample_expansions=(2, 2, 2, 2),
    block_expansion=2,
    head_widths=(24, 20),
    num_classes=5,
    fused_below=32,
    mlp_expansion=2,
    head_width=4,
    input_size=64,
)
"""Every kind of block, small enough to convert in seconds."""


@pytest.fixture(scope="session")
def tiny_config() -> LowFormerConfig:
    return TINY


@pytest.fixture(scope="session")
def demo_model() -> LoadedModel:
    return load_model()


@pytest.fixture(scope="session")
def noise_images() -> DecodedImages:
    """Sixteen images of noise at 64 pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3), np.uint8)
    return DecodedImages("noise", pixels, None)


@pytest.fixture(scope="session")
def demo_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo model in every precision, on a quarter of the bundled evaluation images."""
    folder = tmp_path_factory.mktemp("export") / "demo"
    code = export(
        [
            *("--to", "tflite", "--fp32", "--fp16", "--int8", "--int8-dynamic", "--int8-weights"),
            *("--output", str(folder), "--evaluation-images", "500", "--runs", "3", "--quiet"),
        ]
    )
    assert code == 0
    return folder


@pytest.fixture(scope="session")
def demo_manifest(demo_bundle: Path) -> Manifest:
    return read_manifest(demo_bundle)
