"""The backbone of a checkpoint as a start for training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..errors import CheckpointError
from .checkpoint import converted
from .checkpoint_fit import backbone_of, described_groups, fitting_backbone, shapes_of
from .checkpoint_source import find_checkpoint
from .dense_names import backbone_names, has_backbone
from .network import Network
from .weight_names import published_backbone


def load_backbone(
    network: Network, weights: str | Path, *, checkpoint_key: str | None = None
) -> tuple[str, ...]:
    """Fills a network's backbone with that of a checkpoint; other weights stay as they are.

    The checkpoint may be a classifier's, such as the published ones, a detector's, a segmenter's or
    a backbone's alone, with the published names or timm's.

    Args:
        network: A classifier, detector or segmenter of any device and type of floats.
        weights: A checkpoint's file, or ``hf:OWNER/NAME[@REVISION]``.
        checkpoint_key: Which of several sets of weights in it.

    Returns:
        What a user should know of how it was read, and what was left out, a line each.

    Raises:
        CheckpointError: The file cannot be read, or its backbone is another one.
    """
    checkpoint = find_checkpoint(weights, checkpoint_key)
    found = _backbone_in(checkpoint.state)
    expected = backbone_of(network.state_dict())
    if shapes_of(found) != shapes_of(expected):
        raise CheckpointError(_why_another(checkpoint.path, network, found))
    state = converted(checkpoint.path, found, expected)
    network.load_state_dict(state, strict=False)
    name = checkpoint.shown_name
    notes = [f"{name}: {note}" for note in checkpoint.notes]
    others = {key: value for key, value in checkpoint.state.items() if key not in found}
    if len(backbone_of(checkpoint.state)) == len(found) and others:
        left = described_groups(shapes_of(others))
        notes.append(f"{name}: took the backbone alone, and left {left}")
    return tuple(notes)


def _backbone_in(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A backbone's weights by the published names, also of a file that holds nothing else."""
    found = backbone_of(state)
    if found:
        return found
    inside = {f"backbone.{name}": value for name, value in state.items()}
    if not has_backbone(inside):
        return {}
    names, _ = published_backbone(backbone_names(inside))
    return backbone_of({names[name]: inside[name] for name in names})


def _why_another(path: Path, network: Network, found: Mapping[str, Tensor]) -> str:
    """What to say of a backbone that is not the network's."""
    if not found:
        return f"{path}: holds no backbone of a LowFormer; give a checkpoint of one"
    own = fitting_backbone(shapes_of(found))
    cure = f"it is {own.name}'s" if own else "no registered variant has it"
    return f"{path}: its backbone is not that of {network.config.name}; {cure}"
