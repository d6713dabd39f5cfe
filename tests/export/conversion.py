"""Small models with all that exporting them needs, for the tests of each exporter."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch

from lowformer_edge.artifact.content import Content, write_content
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import Ranges, calibrate
from lowformer_edge.export.exporter import Exporter
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.network import Network
from lowformer_edge.models.random_weights import random_model

SPEC = Preprocessing(size=64, crop_ratio=1.0)
LABELS = tuple("abcde")

FOLLOWS_DB = 40.0
"""How closely INT8 files follow their simulation, which rounds as they do: single values fall on
the other side of a rounding."""

AnyExporter = TypeVar("AnyExporter", bound=Exporter)


class Conversion(Generic[AnyExporter]):
    """A small model and its exporter.

    Args:
        kind: The exporter's class.
        config: The model's.
        images: What ranges are taken from, where a spec needs them.
        batch: Images per inference.
        network: The model; one with random weights by default.
        labels: Its classes' names.
    """

    def __init__(
        self,
        kind: Callable[[LoadedModel, int], AnyExporter],
        config: LowFormerConfig,
        images: Samples,
        batch: int = 1,
        *,
        network: Network | None = None,
        labels: tuple[str, ...] | None = LABELS,
    ) -> None:
        network = network or random_model(config)
        spec = SPEC.at_size(config.input_size)
        self.loaded = LoadedModel(network, spec, labels, "random weights", None)
        self.exporter = kind(self.loaded, batch)
        self._images = images
        self._made: dict[ExportSpec, Content] = {}

    @functools.cached_property
    def ranges(self) -> Ranges:
        """Of the rewritten model."""
        return calibrate(self.exporter.model, self._images, SPEC)

    def export(self, spec: ExportSpec) -> Content:
        """What the exporter makes, each time anew."""
        ranges = self.ranges if spec.needs_ranges else None
        return self.exporter.export(spec, self.exporter.model, ranges)

    def write(self, spec: ExportSpec, folder: Path) -> Path:
        """Writes a spec's file, which is made once for all tests that look at it."""
        if spec not in self._made:
            self._made[spec] = self.export(spec)
        path = folder / f"{spec.label}{self.exporter.suffix_of(spec)}"
        write_content(path, self._made[spec])
        return path

    def reference(self, images: np.ndarray) -> np.ndarray:
        """The eager model's logits for normalised images [N, 3, H, W]."""
        with torch.no_grad():
            return np.asarray(self.loaded.network(torch.from_numpy(images)))
