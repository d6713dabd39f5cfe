"""The registered LowFormer variants."""

from __future__ import annotations

from ..errors import ConfigError
from .config import LowFormerConfig

CHECKPOINTS_PAGE = "https://github.com/altair199797/LowFormer"
"""Where the authors publish their code and link their checkpoints."""

_CONFIGS = (
    LowFormerConfig(
        name="b0",
        widths=(16, 32, 64, 128, 256),
        depths=(0, 1, 1, 3, 4),
        downsample_expansions=(4, 4, 4, 4),
    ),
    LowFormerConfig(name="b1", widths=(16, 32, 64, 128, 256), depths=(0, 1, 1, 5, 5)),
    LowFormerConfig(
        name="b15",
        widths=(20, 40, 80, 160, 320),
        depths=(0, 1, 1, 6, 6),
        head_widths=(2304, 2560),
    ),
    LowFormerConfig(
        name="b2",
        widths=(24, 48, 96, 192, 384),
        depths=(0, 1, 1, 6, 6),
        head_widths=(2304, 2560),
    ),
    LowFormerConfig(
        name="b3", widths=(32, 64, 128, 256, 512), depths=(1, 2, 3, 6, 6), stem_expansion=4
    ),
    LowFormerConfig(
        name="e1",
        widths=(20, 40, 80, 160, 320),
        depths=(0, 1, 1, 4, 4),
        head_widths=(2304, 2560),
        attention=False,
        mlp=False,
    ),
    LowFormerConfig(
        name="e2",
        widths=(32, 64, 128, 256, 512),
        depths=(1, 2, 3, 4, 4),
        stem_expansion=4,
        attention=False,
        mlp=False,
    ),
    LowFormerConfig(
        name="e3",
        widths=(32, 64, 128, 256, 512),
        depths=(1, 2, 3, 6, 6),
        stem_expansion=4,
        mlp=False,
    ),
)

DEMO = LowFormerConfig(
    name="demo",
    widths=(12, 20, 32, 64, 128),
    depths=(1, 1, 1, 1, 2),
    downsample_expansions=(4, 4, 4, 4),
    head_widths=(256, 192),
    num_classes=10,
    fused_below=128,
    mlp_expansion=2,
    head_width=15,
    input_size=96,
)
"""The bundled model: every kind of block in under two million parameters."""

PUBLISHED: dict[str, LowFormerConfig] = {config.name: config for config in _CONFIGS}
VARIANTS: dict[str, LowFormerConfig] = {**PUBLISHED, DEMO.name: DEMO}


def variant(name: str) -> LowFormerConfig:
    """The config of a registered variant.

    Args:
        name: ``b0`` to ``b3``, ``e1`` to ``e3`` or ``demo``; ``B1.5`` and the like are read too.

    Raises:
        ConfigError: No variant of that name is registered.
    """
    config = VARIANTS.get(_key(name))
    if config is None:
        raise ConfigError(
            f"model {name!r} is not known; choose one of {', '.join(VARIANTS)}, or give `config`"
        )
    return config


def is_variant(name: str) -> bool:
    """Whether a variant of that name is registered, as :func:`variant` reads it."""
    return _key(name) in VARIANTS


def _key(name: str) -> str:
    return name.lower().replace(".", "")
