"""Models that take pixels, with the normalisation and the probabilities in the graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...artifact.preprocessing import Preprocessing
from ..rewrites.channel_affine import ChannelAffine


class ScaledPixelInput(nn.Module):
    """A classifier of pixels in [0, 1].

    Core ML's image inputs have one scale for all channels, so that a mean and deviation for
    each are part of the graph.

    Args:
        model: Takes normalised images [N, 3, H, W] and gives logits [N, K].
        preprocessing: Its mean and standard deviation.
        probabilities: Whether the softmax of the logits is a second output.
    """

    def __init__(
        self, model: nn.Module, preprocessing: Preprocessing, *, probabilities: bool
    ) -> None:
        super().__init__()
        self.normalise = ChannelAffine(
            torch.tensor(preprocessing.mean), torch.tensor(preprocessing.std)
        )
        self.model = model
        self.probabilities = probabilities

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        logits = self.model(self.normalise(image))
        return (logits, torch.softmax(logits, -1)) if self.probabilities else logits
