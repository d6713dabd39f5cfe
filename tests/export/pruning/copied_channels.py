"""Networks with hidden channels that nothing needs."""

from __future__ import annotations

import torch

from lowformer_edge.export.pruning.pruning import hidden_layers
from lowformer_edge.models.network import Network


def make_copies(network: Network) -> None:
    """Makes the second half of each layer's hidden channels copies of the first."""
    for layer in hidden_layers(network):
        half = layer.channels // 2
        with torch.no_grad():
            for maker in layer.makers:
                for value in network.get_submodule(maker).state_dict().values():
                    if value.ndim:
                        value[half : 2 * half] = value[:half]
