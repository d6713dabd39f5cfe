"""The authors' YAML configs, read as :class:`LowFormerConfig`.

Their training code builds every variant from flags under ``net_config``; which flags change
which number is restated here. E1, E2 and E3 are taken from the register, as their YAML does
not describe the published checkpoints.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..artifact.preprocessing import Preprocessing
from ..errors import ConfigError
from ..process.text import one_line, printable, shown_value
from .authors_evaluation import evaluation_parameters
from .config import LowFormerConfig
from .values_file import read_values
from .variants import VARIANTS

_FLAGS = (
    "bighead",
    "bigit",
    "huge_model",
    "just_unfused",
    "middlev1",
    "middlev2",
    "mlpremoved",
    "noattention",
    "nostrideatt",
    "removeatt",
    "smallv2",
    "smallv3",
)
"""Flags that this module understands; absent means off."""

_REQUIRED_ON = ("bb_convattention", "bb_convin2", "fastit")
"""Flags without which the authors' code builds another family of networks."""

_IGNORED = ("name", "dropout", "grouping", "model_mult", "head_dim_mul", "n_classes")
"""Keys that are checked elsewhere or do not change the network at inference."""


_TASKS = ("cls", "seg", "det")
_ROOTS = ("configs", ".exp")
"""Folders of the authors' layouts, ``configs/cls/imagenet/b1.yaml`` and
``.exp/cls/imagenet/b1/checkpoint/``: of tasks, and what they call the ones with all tasks."""

_DEEPEST = 5
"""How far above a config these folders are looked for."""

_DEFAULT = "default.yaml"


@dataclasses.dataclass(frozen=True)
class AuthorsConfig:
    """What a YAML config of the authors says about deployment.

    Attributes:
        model: The architecture.
        stated: The parameters of the evaluation's preprocessing that it states.
        notes: Which defaults were read, and what was chosen, a line each.
    """

    model: LowFormerConfig
    stated: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def preprocessing(self) -> Preprocessing:
        """The evaluation's preprocessing, with the published values where it states none."""
        return Preprocessing(**{"size": self.model.input_size, **self.stated})


def read_authors_config(path: Path) -> AuthorsConfig:
    """Reads a YAML config, merged over each ``default.yaml`` above it in the config's own tree.

    That is the config's folder, and in the authors' layout, ``configs/cls/imagenet/b1.yaml``, the
    folders up to the one that holds all. Whose is further up, nobody knows: it is not read.
    The nearest default wins over those further up, and the file itself over all of them.

    Raises:
        ConfigError: The file is missing or not YAML, or asks for a network that is not a
            LowFormer.
    """
    merged: dict[str, Any] = {}
    defaults, left = _defaults_of(path)
    for source in [*reversed(defaults), path]:
        merge(merged, _read_yaml(source))
    net = merged.get("net_config")
    if not isinstance(net, Mapping):
        raise ConfigError(f"{path}: has no net_config, so it does not describe a model")
    model = _model(path, net)
    stated, notes = evaluation_parameters(path, merged)
    if defaults:
        notes = (*notes, f"{path.name}: merged over {', '.join(map(printable, defaults))}")
    if left:
        notes = (*notes, f"{path.name}: left {printable(left[0])} alone, outside of its folders")
    config = AuthorsConfig(model, stated, notes)
    try:
        preprocessing = config.preprocessing
        return dataclasses.replace(config, model=model.replace(input_size=preprocessing.size))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _defaults_of(path: Path) -> tuple[list[Path], list[Path]]:
    """The defaults above a config, the nearest first: in its own tree, and outside of that."""
    try:
        folders = list((path.parent.resolve() / path.name).parents)
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"{path}: not a readable YAML config ({one_line(error)})") from error
    inside = _height_of_tree([folder.name for folder in folders[:_DEEPEST]])
    files = [folder / _DEFAULT for folder in folders]
    defaults = [file for file in files[:inside] if file.is_file() and file.name != path.name]
    return defaults, [file for file in files[inside:] if file.is_file()]


def _height_of_tree(names: list[str]) -> int:
    """How many of the folders above a config are its own tree's, by their names."""
    for number, name in enumerate(names, 1):
        if name in _ROOTS:
            return number
        if name in _TASKS:
            return number + 1
    return 1


def merge(base: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Overwrites values in place, descending where both sides are mappings."""
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        content = read_values(path)
    except (OSError, ValueError) as error:
        reason = one_line(error)
        raise ConfigError(f"{path}: not a readable YAML config ({reason})") from error
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise ConfigError(f"{path}: a config is a YAML mapping, not {type(content).__name__}")
    return content


def _model(path: Path, net: Mapping[str, Any]) -> LowFormerConfig:
    name = str(net.get("name", path.stem)).lower()
    num_classes = net.get("n_classes", 1000)
    _check_flags(path, net)
    if name in ("e1", "e2", "e3"):
        if net.get("just_unfused") or net.get("nostrideatt"):
            raise ConfigError(f"{path}: there is no ablation of {name}; describe it in JSON")
        return VARIANTS[name].replace(num_classes=num_classes)
    on = {flag: bool(net.get(flag, False)) for flag in _FLAGS}
    widths, depths = _sizes(on)
    return LowFormerConfig(
        name=name,
        widths=widths,
        depths=depths,
        stem_expansion=4 if on["huge_model"] else 2,
        downsample_expansions=_downsample_expansions(on),
        head_widths=(2304, 2560) if on["bighead"] else (1536, 1600),
        num_classes=num_classes,
        fused=not on["just_unfused"],
        attention=not (on["noattention"] or on["removeatt"]),
        mlp=not on["mlpremoved"],
        attention_strides=(1, 1) if on["nostrideatt"] else (2, 1),
    )


def _check_flags(path: Path, net: Mapping[str, Any]) -> None:
    texts = [key for key in (*_FLAGS, *_REQUIRED_ON) if not isinstance(net.get(key, False), bool)]
    if texts:
        raise ConfigError(
            f"{path}: {texts[0]} must be true or false, not {shown_value(net[texts[0]])}"
        )
    off = [flag for flag in _REQUIRED_ON if not net.get(flag)]
    if off:
        raise ConfigError(
            f"{path}: {off[0]} is off, which makes another network than LowFormer (such as the"
            " ReLU linear attention ablation); it cannot be exported"
        )
    if net.get("model_mult", 1) != 1 or net.get("grouping", 1) != 1:
        raise ConfigError(f"{path}: model_mult and grouping other than 1 are not supported")
    unknown = [
        str(key)
        for key, value in net.items()
        if value and key not in (*_FLAGS, *_REQUIRED_ON, *_IGNORED)
    ]
    if unknown:
        raise ConfigError(
            f"{path}: net_config sets {', '.join(unknown)}, which no published LowFormer uses;"
            " describe the model in a JSON config instead"
        )


def _sizes(on: Mapping[str, bool]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Widths and depths; later flags override earlier ones, as in the authors' code."""
    widths, depths = [16, 32, 64, 128, 256], [1, 2, 3, 5, 5]
    if on["huge_model"]:
        widths, depths[3:] = [32, 64, 128, 256, 512], [6, 6]
    if on["smallv2"]:
        depths[:3] = [0, 1, 1]
    if on["smallv3"]:
        depths[3:] = [3, 4]
    if on["middlev1"]:
        widths, depths[3:] = [24, 48, 96, 192, 384], [6, 6]
    if on["middlev2"]:
        widths = [20, 40, 80, 160, 320]
    if on["noattention"]:
        depths = [1, 2, 2, 7, 7]
    return tuple(widths), tuple(depths)


def _downsample_expansions(on: Mapping[str, bool]) -> tuple[int, ...]:
    if on["bigit"]:
        return (6, 6, 6, 6)
    return (6, 6, 6, 4) if on["huge_model"] else (4, 4, 4, 4)
