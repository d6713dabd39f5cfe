"""What we need of coremltools beyond its public interface, all of it in this one place.

Three faults of coremltools 9.0 are repaired while a conversion runs. It does not know the op
``aten.alias``, which torch 2.13 leaves of slices that keep everything. Its conversion of a
constant to a number fails with numpy 2.4, where ``int(array([v]))`` is an error. And a
classifier with a further output, such as the logits, fails because its outputs are more than
their stated types. A newer coremltools that knows the op is left alone there, and so is a numpy
that takes such arrays; forgetting the stated types does no harm. What coremltools leaves to the
garbage collector, its temporary folders, is no news to anyone who turns warnings into errors.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...errors import MissingDependencyError

OLDEST = (9, 0)
"""The version of coremltools that this module was written for; older ones are refused."""

Statistics = Mapping[str, tuple[float, float]]
"""Least and largest value of a program's variables, by name."""


def check_version() -> None:
    """Refuses a missing or too old coremltools.

    Raises:
        MissingDependencyError: It is not installed, or too old.
    """
    try:
        version = importlib.metadata.version("coremltools")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingDependencyError(
            "exporting to Core ML needs coremltools, which is not installed; install the extra"
            " coreml"
        ) from error
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise MissingDependencyError(
            f"exporting to Core ML needs coremltools {'.'.join(map(str, OLDEST))}, and {version} is"
            " installed; install the extra coreml"
        )


@contextlib.contextmanager
def repaired() -> Iterator[None]:
    """Repairs what is broken for the block's duration, and nothing else."""
    from coremltools.converters.mil.backend.mil import load
    from coremltools.converters.mil.frontend.torch import ops
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    known, cast, classify = (
        _TORCH_OPS_REGISTRY.name_to_func_mapping,
        ops._cast,
        load._add_classify_op,
    )
    adds_alias = "alias" not in known
    try:
        if adds_alias:
            known["alias"] = _alias
        if not _numbers_of_arrays_work():
            ops._cast = _cast_of(cast)
        load._add_classify_op = _classify_of(classify)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Implicitly cleaning up", ResourceWarning)
            yield
    finally:
        ops._cast = cast
        load._add_classify_op = classify
        if adds_alias:
            known.pop("alias", None)


def _alias(context: Any, node: Any) -> None:
    """``aten.alias``: another name for the same values."""
    from coremltools.converters.mil.frontend.torch.ops import _get_inputs
    from coremltools.converters.mil.mil import Builder

    (x,) = _get_inputs(context, node, expected=1)
    context.add(Builder.identity(x=x, name=node.name))


def _numbers_of_arrays_work() -> bool:
    """Whether numpy makes a number of an array of rank 1."""
    try:
        int(np.array([1]))
    except TypeError:
        return False
    return True


def _cast_of(original: Any) -> Any:
    """Coremltools' conversion to a number, for constants of any rank."""

    def cast(context: Any, node: Any, dtype: Any, dtype_name: str) -> None:
        from coremltools.converters.mil.frontend.torch.ops import _get_inputs
        from coremltools.converters.mil.mil import Builder

        (x,) = _get_inputs(context, node, expected=1)
        if x.can_be_folded_to_const() and isinstance(x.val, np.ndarray) and x.val.size == 1:
            context.add(Builder.const(val=dtype(x.val.item()), name=node.name), node.name)
        else:
            original(context, node, dtype, dtype_name)

    return cast


def _classify_of(original: Any) -> Any:
    """Coremltools' making of a classifier, for models with further outputs."""

    def add_classify_op(program: Any, config: Any) -> Any:
        names = original(program, config)
        program.functions["main"].set_output_types(None)
        return names

    return add_classify_op


def operations(model: Any) -> list[Any]:
    """The ops of a converted model, as coremltools' own objects with their constants' values."""
    return list(model._mil_program.functions["main"].operations)


@contextlib.contextmanager
def activation_statistics(statistics: Statistics) -> Iterator[None]:
    """Lets ``linear_quantize_activations`` take these ranges instead of its own.

    Its own come from running the model, which only a Mac can, and in coremltools 9.0 from the
    last sample alone.
    """
    from coremltools.optimize.coreml import _post_training_quantization

    found = {name: {"rmin": low, "rmax": high} for name, (low, high) in statistics.items()}
    original = _post_training_quantization._get_activation_calibration_stats
    try:
        _post_training_quantization._get_activation_calibration_stats = (
            lambda model, samples, group_size: found
        )
        yield
    finally:
        _post_training_quantization._get_activation_calibration_stats = original
