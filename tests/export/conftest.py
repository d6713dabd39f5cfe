"""What the tests of several exporters share."""

from __future__ import annotations

import numpy as np
import pytest

from lowformer_edge.artifact.samples import Samples

from .conversion import SPEC


@pytest.fixture(scope="session")
def inputs(noise_images: Samples) -> np.ndarray:
    """Images of noise, normalised [16, 3, 64, 64]."""
    return SPEC.normalise(noise_images.pixels)
