"""The full description of a LowFormer."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..artifact.interface import CLASSIFICATION
from ..artifact.size import Size, as_size, shown_size, sides_of
from ..errors import ConfigError
from ..process.text import shown_value
from .dense_head import DENSE_HEADS, DenseHead, dense_head, from_fields, to_fields
from .values_file import read_values

NUM_STAGES = 5
"""The stem and four stages, each of which halves the resolution once."""

SMALLEST_INPUT = 2**NUM_STAGES
"""Pixels; below this the last stage would have nothing to look at."""

LARGEST_INPUT = 4096
LARGEST_SIZE = 100_000
DEEPEST = 100
"""Bounds beyond which a config is a mistake, and would only run out of memory."""

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


@dataclasses.dataclass(frozen=True)
class LowFormerConfig:
    """Everything that fixes a LowFormer's architecture.

    The defaults are those shared by the published variants (LowFormer, WACV 2025, and its
    journal extension); a variant gives widths, depths and what differs.

    Attributes:
        name: What the model is called in tables and manifests.
        widths: Channels of the stem and of stages 1 to 4.
        depths: Blocks of the stem and of stages 1 to 4. In stages 1 and 2 the stride-2 block
            counts, so these are at least 1; in stages 3 and 4 it comes in addition.
        stem_expansion: Expansion of the stem's residual blocks.
        downsample_expansions: Expansion of the stride-2 block of stages 1 to 4.
        block_expansion: Expansion of every stride-1 block.
        head_widths: Channels of the head's 1x1 convolution and of its hidden linear layer.
        num_classes: Number of classes.
        fused: Fused MBConv (one 3x3 convolution) where the design has it; without it every
            block is an MBConv and attention projects before a depthwise upsampling
            (the authors' ablation ``just_unfused``).
        fused_below: A LowFormer block's MBConv is fused where its width is less than this.
        attention: Attention in stages 3 and 4.
        mlp: An MLP after the attention. Without it attention has no GroupNorm before it.
        mlp_expansion: Hidden width of the MLP over its input width.
        attention_strides: Stride of the attention's depthwise convolution in stages 3 and 4.
        attention_kernels: Kernel of that convolution.
        head_dim_ratio: Share of the channels that attention works on.
        head_width: Channels per head before ``head_dim_ratio``; gives the number of heads. A model
            whose heads would get less than one channel is refused.
        input_size: Pixels of the input for which the model is meant: a side of a square, or height
            and width.
        hidden_channels: Hidden channels of each MBConv, block by block for the stem and for stages
            1 to 4, of a stage the stride-2 block first; by the expansions where there are none.
        mlp_channels: The same of each MLP of stages 3 and 4.
        spatial_ranks: Rank of each fused MBConv's 3x3 convolution, block by block as
            ``hidden_channels``: so many channels come of the 3x3, and a 1x1 convolution makes the
            hidden ones of them. 0 where the 3x3 makes them; everywhere, where there are none.
        dense_head: The neck and head for detection or segmentation; a classifier has none. Such a
            model has no use for ``head_widths``.
    """

    name: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    stem_expansion: int = 2
    downsample_expansions: tuple[int, ...] = (6, 6, 6, 6)
    block_expansion: int = 4
    head_widths: tuple[int, ...] = (1536, 1600)
    num_classes: int = 1000
    fused: bool = True
    fused_below: int = 256
    attention: bool = True
    mlp: bool = True
    mlp_expansion: int = 4
    attention_strides: tuple[int, ...] = (2, 1)
    attention_kernels: tuple[int, ...] = (5, 3)
    head_dim_ratio: float = 0.5
    head_width: int = 30
    input_size: Size = 224
    hidden_channels: tuple[tuple[int, ...], ...] = ()
    mlp_channels: tuple[tuple[int, ...], ...] = ()
    spatial_ranks: tuple[tuple[int, ...], ...] = ()
    dense_head: DenseHead | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                value = tuple(tuple(part) if isinstance(part, list) else part for part in value)
                object.__setattr__(self, field.name, value)
        self._check_types()
        object.__setattr__(self, "input_size", as_size(self.input_size))
        self._check_shapes()
        self._check_hidden()

    def _check_types(self) -> None:
        """Raises ConfigError where a field is not of its declared kind."""
        for field in dataclasses.fields(self):
            value, kind = getattr(self, field.name), str(field.type)
            if kind == "Size":
                continue
            if kind == "tuple[int, ...]":
                good = _are_whole(value)
            elif kind == "tuple[tuple[int, ...], ...]":
                good = isinstance(value, tuple) and all(map(_are_whole, value))
            elif kind == "float":
                good = type(value) in (int, float)
            elif kind == "DenseHead | None":
                good = value is None or isinstance(value, DenseHead)
            else:
                good = type(value).__name__ == kind
            if not good:
                raise ConfigError(
                    f"model config: {field.name} must be {kind}, not {shown_value(value)}; correct"
                    " the field"
                )

    def _check_shapes(self) -> None:
        if not re.fullmatch(NAME_PATTERN, self.name):
            raise ConfigError(
                f"model config: name {shown_value(self.name)} must be up to 64 letters, digits,"
                " dots, dashes and underscores, since files are named after it"
            )
        lengths = {
            "widths": NUM_STAGES,
            "depths": NUM_STAGES,
            "downsample_expansions": NUM_STAGES - 1,
            "head_widths": 2,
            "attention_strides": 2,
            "attention_kernels": 2,
        }
        for name, length in lengths.items():
            if len(getattr(self, name)) != length:
                raise ConfigError(
                    f"model config: {name} needs {length} numbers, got {getattr(self, name)}"
                )
        positive = (
            *self.widths,
            *self.downsample_expansions,
            *self.head_widths,
            *self.attention_strides,
            self.stem_expansion,
            self.block_expansion,
            self.mlp_expansion,
            self.num_classes,
            self.head_width,
            *(channels for stage in self.hidden_channels + self.mlp_channels for channels in stage),
        )
        ranks = [rank for stage in self.spatial_ranks for rank in stage]
        if max(*positive, *ranks) > LARGEST_SIZE or max(self.depths) > DEEPEST:
            raise ConfigError(
                f"model config: sizes go to {LARGEST_SIZE} and depths to {DEEPEST}, got more"
            )
        sides = sides_of(self.input_size)
        if min(sides) < SMALLEST_INPUT or max(sides) > LARGEST_INPUT:
            raise ConfigError(
                f"input size {shown_size(self.input_size)} is not possible; the model takes"
                f" {SMALLEST_INPUT} to {LARGEST_INPUT} pixels a side"
            )
        if min(positive) < 1 or min(*self.depths, *ranks) < 0:
            raise ConfigError("model config: sizes must be positive, ranks and depths not negative")
        if min(self.depths[1:3]) < 1:
            raise ConfigError(f"model config: stages 1 and 2 need a block each, got {self.depths}")
        if not 0 < self.head_dim_ratio <= 1:
            raise ConfigError(
                f"model config: head_dim_ratio must be in (0, 1], got {self.head_dim_ratio}"
            )
        if any(kernel % 2 == 0 or kernel < 1 for kernel in self.attention_kernels):
            raise ConfigError(
                f"model config: attention_kernels must be odd, got {self.attention_kernels}"
            )

    def _check_hidden(self) -> None:
        """Raises ConfigError where hidden channels are not those of the blocks that there are."""
        blocks = [self.depths[0], *self.depths[1:3], *(depth + 1 for depth in self.depths[3:])]
        stated = {
            "hidden_channels": (self.hidden_channels, blocks),
            "mlp_channels": (self.mlp_channels, list(self.depths[3:])),
            "spatial_ranks": (self.spatial_ranks, blocks),
        }
        for name, (channels, counts) in stated.items():
            if channels and [len(stage) for stage in channels] != counts:
                raise ConfigError(
                    f"model config: {name} needs for each stage as many numbers as it has blocks,"
                    f" {counts}, got {[len(stage) for stage in channels]}"
                )
        for stage, ranks in enumerate(self.spatial_ranks):
            for block, rank in enumerate(ranks):
                if rank and not self.is_fused(stage, block):
                    raise ConfigError(
                        f"model config: spatial_ranks has {rank} for block {block} of stage"
                        f" {stage}, whose 3x3 convolution is depthwise; give 0"
                    )

    @property
    def task(self) -> str:
        """What the model is for: ``classification``, ``detection`` or ``segmentation``."""
        return self.dense_head.task if self.dense_head else CLASSIFICATION

    def for_task(
        self, task: str, *, channels: int | None = None, convs: int | None = None
    ) -> LowFormerConfig:
        """The same backbone with a task's usual head, classes and input size.

        Args:
            task: ``detection`` (RetinaNet, COCO's 80 classes) or ``segmentation`` (Semantic FPN,
                ADE20K's 150 classes).
            channels: Of a smaller or wider head and its neck, see :func:`.dense_head.dense_head`.
            convs: Of a detection head, for classes and boxes each.

        Raises:
            ConfigError: No such task has a head of its own, or a number is impossible.
        """
        head = dense_head(task, channels=channels, convs=convs)
        kind = DENSE_HEADS[task]
        return self.replace(
            dense_head=head, num_classes=kind.num_classes, input_size=kind.input_size
        )

    def check_doubling(self) -> None:
        """Refuses an input whose maps a dense head cannot bring together by doubling them.

        In PyTorch the coarser map is brought to the finer one's exact size, whatever that is; the
        kernels of phones double it. A classifier takes any size.

        Raises:
            ConfigError: A map is not twice as high and wide as the next coarser one.
        """
        if self.dense_head is None:
            return
        doublings = SMALLEST_INPUT // self.dense_head.finest_stride
        finest = [-(-side // self.dense_head.finest_stride) for side in sides_of(self.input_size)]
        if any(side % doublings for side in finest):
            usable = [_next_multiple(side) for side in sides_of(self.input_size)]
            raise ConfigError(
                f"input size {shown_size(self.input_size)} does not halve evenly down to stride"
                f" {SMALLEST_INPUT}, as {self.task} needs in exported files; take multiples of"
                f" {SMALLEST_INPUT}, such as {' x '.join(map(str, usable))}"
            )

    def hidden(self, stage: int, block: int) -> int:
        """Hidden channels of an MBConv.

        Args:
            stage: 0 for the stem, 1 to 4 for the stages.
            block: From 0; in a stage the stride-2 block is the first.
        """
        if self.hidden_channels:
            return self.hidden_channels[stage][block]
        if stage and not block:
            return self.widths[stage - 1] * self.downsample_expansions[stage - 1]
        return self.widths[stage] * (self.block_expansion if stage else self.stem_expansion)

    def is_fused(self, stage: int, block: int) -> bool:
        """Whether an MBConv has one dense 3x3 convolution; blocks count as in :meth:`hidden`."""
        is_inner = stage >= 3 and block > 0
        return self.fused and (not is_inner or self.widths[stage] < self.fused_below)

    def spatial_rank(self, stage: int, block: int) -> int:
        """Rank of a fused MBConv's 3x3 convolution, or 0 where it makes all hidden channels."""
        return self.spatial_ranks[stage][block] if self.spatial_ranks else 0

    def mlp_hidden(self, stage: int, block: int) -> int:
        """Hidden channels of an MLP of stage 3 or 4; ``block`` counts those with attention."""
        if self.mlp_channels:
            return self.mlp_channels[stage - 3][block]
        return self.widths[stage] * self.mlp_expansion

    def num_heads(self, width: int) -> int:
        """Number of attention heads in a stage of that many channels (paper.md, Blocks)."""
        return max(1, int(width * self.head_dim_ratio // self.head_width))

    def head_dim(self, width: int) -> int:
        """Channels of each of q, k and v in one head."""
        return int(width // self.num_heads(width) * self.head_dim_ratio)

    def replace(self, **changes: Any) -> LowFormerConfig:
        """A copy with some fields changed, checked anew."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values; without ``dense_head`` where there is none."""
        fields = json.loads(json.dumps(dataclasses.asdict(self)))
        del fields["dense_head"]
        return fields | {"dense_head": to_fields(self.dense_head)} if self.dense_head else fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> LowFormerConfig:
        """Builds a config from plain values.

        Raises:
            ConfigError: A field is unknown, missing or of the wrong kind.
        """
        known = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - set(known))
        if unknown:
            raise ConfigError(
                f"model config: unknown field {', '.join(unknown)}; known are {', '.join(known)}"
            )
        missing = [
            name
            for name, field in known.items()
            if field.default is dataclasses.MISSING and name not in fields
        ]
        if missing:
            raise ConfigError(f"model config: {', '.join(missing)} is missing; add it")
        head = fields.get("dense_head")
        return cls(**{**fields, "dense_head": None if head is None else from_fields(head)})

    @classmethod
    def from_json(cls, path: Path) -> LowFormerConfig:
        """Reads our own JSON format, the dictionary of :meth:`to_dict`.

        Raises:
            ConfigError: The file cannot be read or does not describe a model.
        """
        try:
            fields = read_values(path)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: not a readable JSON config ({error})") from error
        if not isinstance(fields, dict):
            raise ConfigError(f"{path}: a config is a JSON object, not {type(fields).__name__}")
        return cls.from_dict(fields)


def _next_multiple(side: int) -> int:
    """The least multiple of the coarsest stride that is not below a side, as far as sizes go."""
    return min(-(-side // SMALLEST_INPUT) * SMALLEST_INPUT, LARGEST_INPUT)


def _are_whole(numbers: object) -> bool:
    return isinstance(numbers, tuple) and all(type(number) is int for number in numbers)
