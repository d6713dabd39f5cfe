"""Each kernel against PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from torch import Tensor

from lowformer_edge.runtime.coreml.kernels import KERNELS, Call, UnsupportedOperationError
from lowformer_edge.runtime.coreml.program import Operation, Reference, TensorType, Value, Variable

Test = TypeVar("Test", bound=Callable[..., None])

SEEDS = st.integers(0, 2**32 - 1)
SIZES = hnp.array_shapes(max_dims=4, max_side=4)

COVERED: set[str] = set()
"""Kinds of ops that a test below computes."""


def covers(*kinds: str) -> Callable[[Test], Test]:
    """Says which kernels a test compares with PyTorch."""

    def add(test: Test) -> Test:
        COVERED.update(kinds)
        return test

    return add


def operation(kind: str, arguments: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> Operation:
    """An op with outputs of these shapes."""
    outputs = tuple(
        Variable(f"output_{number}", TensorType("fp32", shape))
        for number, shape in enumerate(shapes)
    )
    inputs = {name: (Reference(name),) for name in arguments}
    return Operation(kind, f"{kind}_0", inputs, outputs, {})


def value(argument: object) -> Value:
    """An argument as a program holds it: texts, or an array that nobody may write to."""
    if isinstance(argument, str):
        return argument
    if isinstance(argument, tuple):
        return tuple(str(text) for text in argument)
    content = argument.numpy() if isinstance(argument, Tensor) else argument
    array: NDArray[Any] = np.array(content)
    # An op's arguments are constants, or other ops' arguments, too.
    array.flags.writeable = False
    return array


def results(
    kind: str, arguments: Mapping[str, Sequence[object]], shapes: Sequence[tuple[int, ...]]
) -> tuple[NDArray[Any], ...]:
    """What an op computes from arguments of one or several values."""
    values = {name: [value(item) for item in items] for name, items in arguments.items()}
    # As the interpreter does: overflow is a value, not a warning.
    with np.errstate(all="ignore"):
        found = KERNELS[kind](Call(operation(kind, list(arguments), shapes), values))
    return found if isinstance(found, tuple) else (found,)


def compute(kind: str, shape: tuple[int, ...] = (), /, **arguments: object) -> NDArray[Any]:
    """The one output, of this shape, of an op whose arguments are single values."""
    (found,) = results(kind, {name: [item] for name, item in arguments.items()}, [shape])
    return found


def assert_close(found: NDArray[Any], expected: Tensor, tolerance: float = 2e-6) -> None:
    """Compares values, relative to the largest, and shapes and types."""
    reference = expected.numpy()
    assert found.shape == reference.shape
    assert found.dtype == reference.dtype
    finite = np.abs(reference[np.isfinite(reference)])
    scale = float(finite.max(initial=1))
    np.testing.assert_allclose(found, reference, rtol=tolerance, atol=tolerance * scale)


def noise(seed: int, *shape: int) -> Tensor:
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return torch.from_numpy(values)


def optional(**arguments: object) -> dict[str, object]:
    """Arguments without those that are None."""
    return {name: item for name, item in arguments.items() if item is not None}


def test_every_kernel_has_a_test() -> None:
    assert set(KERNELS) == COVERED


UNARY: dict[str, tuple[Callable[[Tensor], Tensor], float, float]] = {
    "identity": (lambda x: x, -1e6, 1e6),
    "relu": (torch.relu, -1e6, 1e6),
    "relu6": (F.relu6, -20, 20),
    "sqrt": (torch.sqrt, 0, 1e6),
    "square": (torch.square, -1e6, 1e6),
    "exp": (torch.exp, -120, 120),
    "erf": (torch.erf, -8, 8),
    "tanh": (torch.tanh, -20, 20),
    "sigmoid": (torch.sigmoid, -120, 120),
    "silu": (F.silu, -120, 120),
}
"""By kind of op: PyTorch's, and a range of inputs."""

BINARY: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], float, float]] = {
    "add": (torch.add, -1e6, 1e6),
    "sub": (torch.sub, -1e6, 1e6),
    "mul": (torch.mul, -1e6, 1e6),
    "real_div": (torch.div, 0.125, 1e6),
    "maximum": (torch.maximum, -1e6, 1e6),
    "minimum": (torch.minimum, -1e6, 1e6),
    "pow": (torch.pow, 0.125, 8),
}


@covers(*UNARY)
@pytest.mark.parametrize("kind", UNARY)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_elementwise_ops(kind: str, data: st.DataObject) -> None:
    function, low, high = UNARY[kind]
    elements = st.floats(low, high, width=32, allow_subnormal=False)
    x = torch.from_numpy(data.draw(hnp.arrays(np.float32, SIZES, elements=elements)))
    assert_close(compute(kind, x=x), function(x))


@pytest.mark.parametrize("kind", UNARY)
def test_elementwise_ops_on_many_values(kind: str) -> None:
    function, low, high = UNARY[kind]
    x = torch.linspace(max(low, -9), min(high, 9), 100_001)
    assert_close(compute(kind, x=x), function(x))


@covers(*BINARY)
@pytest.mark.parametrize("kind", BINARY)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4), data=st.data())
@settings(max_examples=30, deadline=None)
def test_elementwise_ops_of_two_arguments(
    kind: str, shapes: hnp.BroadcastableShapes, data: st.DataObject
) -> None:
    function, low, high = BINARY[kind]
    elements = st.floats(low, high, width=32, allow_subnormal=False)
    x, y = (
        torch.from_numpy(data.draw(hnp.arrays(np.float32, shape, elements=elements)))
        for shape in shapes.input_shapes
    )
    assert_close(compute(kind, x=x, y=y), function(x, y))


def test_powers_of_negative_numbers_and_quotients_of_both_signs() -> None:
    x, y = torch.tensor([-2.0, -1.5, 3.0, -0.5]), torch.tensor([2.0, 3.0, -1.0, -2.0])
    assert_close(compute("pow", x=x, y=y), torch.pow(x, y))
    assert_close(compute("real_div", x=x, y=y), torch.div(x, y))


@pytest.mark.parametrize("kind", ["add", "sub", "mul", "maximum", "minimum"])
def test_integers_stay_integers(kind: str) -> None:
    x, y = torch.tensor([-7, 2, 9], dtype=torch.int32), torch.tensor([4, 4, 4], dtype=torch.int32)
    assert_close(compute(kind, x=x, y=y), BINARY[kind][0](x, y))


@covers("rsqrt")
@given(SEEDS, st.none() | st.floats(1e-6, 1))
@settings(max_examples=30, deadline=None)
def test_rsqrt(seed: int, epsilon: float | None) -> None:
    x = noise(seed, 3, 5).abs() + 1e-3
    found = compute("rsqrt", **optional(x=x, epsilon=epsilon))
    assert_close(found, torch.rsqrt(x + (epsilon or 1e-12)))


def test_rsqrt_of_zero_is_finite_by_its_default_epsilon() -> None:
    assert_close(compute("rsqrt", x=torch.zeros(2)), torch.full((2,), 1e6))


@covers("sigmoid_hard")
@pytest.mark.parametrize(("alpha", "beta"), [(1 / 6, 0.5), (None, None), (0.5, None), (2.0, -0.25)])
def test_sigmoid_hard(alpha: float | None, beta: float | None) -> None:
    x = torch.linspace(-5, 5, 1001)
    found = compute("sigmoid_hard", **optional(x=x, alpha=alpha, beta=beta))
    slope, offset = 0.2 if alpha is None else alpha, 0.5 if beta is None else beta
    assert_close(found, torch.clamp(slope * x + offset, 0, 1))


def test_sigmoid_hard_of_a_sixth_is_hardsigmoid() -> None:
    x = torch.linspace(-5, 5, 1001)
    assert_close(compute("sigmoid_hard", x=x, alpha=1 / 6, beta=0.5), F.hardsigmoid(x))


@covers("thresholded_relu")
@pytest.mark.parametrize("alpha", [None, -0.5, 0.0, 0.25])
def test_thresholded_relu_keeps_what_is_at_its_threshold(alpha: float | None) -> None:
    x = torch.arange(-8, 9) / 4
    found = compute("thresholded_relu", **optional(x=x, alpha=alpha))
    threshold = 1.0 if alpha is None else alpha
    assert_close(found, torch.where(x == threshold, x, F.threshold(x, threshold, 0)))


@covers("clip")
@given(SEEDS, st.floats(-2, 0), st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_clip(seed: int, low: float, high: float) -> None:
    x = 2 * noise(seed, 2, 7)
    assert_close(compute("clip", x=x, alpha=low, beta=high), torch.clamp(x, low, high))


@covers("gelu")
@pytest.mark.parametrize(
    ("mode", "approximate"), [(None, "none"), ("EXACT", "none"), ("TANH_APPROXIMATION", "tanh")]
)
def test_gelu(mode: str | None, approximate: str) -> None:
    x = torch.linspace(-9, 9, 100_001)
    found = compute("gelu", **optional(x=x, mode=mode))
    assert_close(found, F.gelu(x, approximate=approximate))


@covers("softmax")
@pytest.mark.parametrize("axis", [None, 0, 1, 2, 3, -1, -2, -4])
@pytest.mark.parametrize("scale", [1, 1000])
def test_softmax(axis: int | None, scale: float) -> None:
    x = scale * noise(0, 2, 3, 4, 5)
    expected = F.softmax(x, -1 if axis is None else axis)
    assert_close(compute("softmax", **optional(x=x, axis=axis)), expected)


REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    "reduce_mean": torch.mean,
    "reduce_sum": torch.sum,
    "reduce_max": torch.amax,
}


@covers(*REDUCTIONS)
@pytest.mark.parametrize("kind", REDUCTIONS)
@pytest.mark.parametrize("keep", [None, False, True])
@pytest.mark.parametrize("axes", [None, [0], [1], [-1], [2, 3], [-1, -2], [0, 2], [0, 1, 2, 3]])
def test_reductions(kind: str, keep: bool | None, axes: list[int] | None) -> None:
    x = noise(0, 2, 3, 4, 5)
    found = compute(kind, **optional(x=x, axes=axes, keep_dims=keep))
    assert_close(found, REDUCTIONS[kind](x, axes or [0, 1, 2, 3], keepdim=bool(keep)))


@covers("batch_norm")
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 3, 4, 5), (2, 3, 2, 3, 4)])
@pytest.mark.parametrize("gamma", [False, True])
@pytest.mark.parametrize("beta", [False, True])
@pytest.mark.parametrize("epsilon", [None, 1e-3])
def test_batch_norm(shape: tuple[int, ...], gamma: bool, beta: bool, epsilon: float | None) -> None:
    x, mean, variance = noise(0, *shape), noise(1, 3), noise(2, 3).square() + 0.1
    scale = noise(3, 3) if gamma else None
    shift = noise(4, 3) if beta else None
    found = compute(
        "batch_norm",
        x=x,
        mean=mean,
        variance=variance,
        **optional(gamma=scale, beta=shift, epsilon=epsilon),
    )
    expected = F.batch_norm(x, mean, variance, scale, shift, eps=epsilon or 1e-5)
    assert_close(found, expected)


@covers("layer_norm")
@pytest.mark.parametrize("axes", [[3], [-1], [2, 3], [1], [1, 2], [-3, -1], [0, 1, 2, 3], None])
@pytest.mark.parametrize("gamma", [False, True])
@pytest.mark.parametrize("beta", [False, True])
@pytest.mark.parametrize("epsilon", [None, 1e-2])
def test_layer_norm(axes: list[int] | None, gamma: bool, beta: bool, epsilon: float | None) -> None:
    x = 3 * noise(0, 2, 4, 5, 6) + 1
    normed = [axis % 4 for axis in axes] if axes else [0, 1, 2, 3]
    sizes = [x.shape[axis] for axis in normed]
    scale = noise(1, *sizes) if gamma else None
    shift = noise(2, *sizes) if beta else None
    # PyTorch norms over the last axes only.
    order = [axis for axis in range(4) if axis not in normed] + normed
    expected = F.layer_norm(x.permute(order), sizes, scale, shift, epsilon or 1e-5)
    back = [order.index(axis) for axis in range(4)]
    found = compute(
        "layer_norm", **optional(x=x, axes=axes, gamma=scale, beta=shift, epsilon=epsilon)
    )
    assert_close(found, expected.permute(back), 5e-6)


@covers("matmul")
@pytest.mark.parametrize("transpose_x", [None, False, True])
@pytest.mark.parametrize("transpose_y", [None, False, True])
@pytest.mark.parametrize(
    ("batch_x", "batch_y"),
    [((), ()), ((2,), (2,)), ((), (4,)), ((2, 3), (3,)), ((3, 1), (1, 2)), ((1, 1), (2, 5))],
)
def test_matmul(
    transpose_x: bool | None,
    transpose_y: bool | None,
    batch_x: tuple[int, ...],
    batch_y: tuple[int, ...],
) -> None:
    x = noise(0, *batch_x, *((6, 4) if transpose_x else (4, 6)))
    y = noise(1, *batch_y, *((5, 6) if transpose_y else (6, 5)))
    found = compute(
        "matmul", x=x, y=y, **optional(transpose_x=transpose_x, transpose_y=transpose_y)
    )
    expected = torch.matmul(x.mT if transpose_x else x, y.mT if transpose_y else y)
    assert_close(found, expected)


@covers("linear")
@pytest.mark.parametrize("shape", [(6,), (1, 6), (2, 3, 6)])
@pytest.mark.parametrize("bias", [False, True])
def test_linear(shape: tuple[int, ...], bias: bool) -> None:
    x, weight = noise(0, *shape), noise(1, 5, 6)
    shift = noise(2, 5) if bias else None
    found = compute("linear", **optional(x=x, weight=weight, bias=shift))
    assert_close(found, F.linear(x, weight, shift))


# Groups, and the channels of each before and after it.
GROUPS = pytest.mark.parametrize(
    ("groups", "inputs", "outputs"),
    [(1, 3, 4), (1, 1, 1), (2, 3, 2), (3, 2, 1), (5, 1, 1), (3, 1, 2)],
    ids=["dense", "single", "grouped", "reducing", "depthwise", "multiplied"],
)


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@covers("conv")
@GROUPS
@given(
    batch=st.integers(1, 3),
    kernel=pairs(1, 4),
    strides=pairs(1, 3),
    pad=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    more=pairs(0, 6),
    bias=st.booleans(),
    seed=SEEDS,
)
@settings(max_examples=60, deadline=None)
def test_conv(
    groups: int,
    inputs: int,
    outputs: int,
    batch: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pad: list[int],
    more: tuple[int, int],
    bias: bool,
    seed: int,
) -> None:
    top, bottom, left, right = pad
    rows = max(1, kernel[0] - top - bottom) + more[0]
    cols = max(1, kernel[1] - left - right) + more[1]
    x = noise(seed, batch, groups * inputs, rows, cols)
    weight = noise(seed + 1, groups * outputs, inputs, *kernel)
    shift = noise(seed + 2, groups * outputs) if bias else None
    expected = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, shift, strides, groups=groups)
    found = compute(
        "conv",
        tuple(expected.shape),
        **optional(x=x, weight=weight, bias=shift),
        strides=list(strides),
        pad_type="custom",
        pad=pad,
        dilations=[1, 1],
        groups=groups,
    )
    assert_close(found, expected, 5e-6)


def test_conv_by_its_defaults() -> None:
    x, weight = noise(0, 2, 3, 7, 5), noise(1, 4, 3, 3, 2)
    assert_close(compute("conv", x=x, weight=weight), F.conv2d(x, weight), 5e-6)
    # Padding counts only where it is asked for.
    found = compute("conv", x=x, weight=weight, pad_type="valid", pad=[1, 1, 1, 1])
    assert_close(found, F.conv2d(x, weight), 5e-6)


@covers("conv_transpose")
@GROUPS
@given(
    batch=st.integers(1, 3),
    size=pairs(1, 5),
    kernel=pairs(1, 4),
    strides=pairs(1, 3),
    pad=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    bias=st.booleans(),
    seed=SEEDS,
)
@settings(max_examples=40, deadline=None)
def test_conv_transpose_with_any_padding(
    groups: int,
    inputs: int,
    outputs: int,
    batch: int,
    size: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pad: list[int],
    bias: bool,
    seed: int,
) -> None:
    x = noise(seed, batch, groups * inputs, *size)
    weight = noise(seed + 1, groups * inputs, outputs, *kernel)
    shift = noise(seed + 2, groups * outputs) if bias else None
    full = F.conv_transpose2d(x, weight, shift, strides, groups=groups)
    top, bottom, left, right = pad
    rows, cols = full.shape[2] - top - bottom, full.shape[3] - left - right
    assume(rows > 0 and cols > 0)
    expected = full[:, :, top : top + rows, left : left + cols]
    found = compute(
        "conv_transpose",
        tuple(expected.shape),
        **optional(x=x, weight=weight, bias=shift),
        strides=list(strides),
        pad_type="custom",
        pad=pad,
        dilations=[1, 1],
        groups=groups,
    )
    assert_close(found, expected, 5e-6)


@GROUPS
@given(
    size=pairs(1, 5),
    kernel=pairs(1, 4),
    strides=pairs(1, 3),
    pad=pairs(0, 2),
    more=pairs(0, 2),
    bias=st.booleans(),
    seed=SEEDS,
)
@settings(max_examples=40, deadline=None)
def test_conv_transpose_with_a_stated_output_shape(
    groups: int,
    inputs: int,
    outputs: int,
    size: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pad: tuple[int, int],
    more: tuple[int, int],
    bias: bool,
    seed: int,
) -> None:
    more = (more[0] % strides[0], more[1] % strides[1])
    for axis in range(2):
        full = (size[axis] - 1) * strides[axis] + kernel[axis]
        assume(full - 2 * pad[axis] + more[axis] > 0)
    x = noise(seed, 2, groups * inputs, *size)
    weight = noise(seed + 1, groups * inputs, outputs, *kernel)
    shift = noise(seed + 2, groups * outputs) if bias else None
    expected = F.conv_transpose2d(x, weight, shift, strides, pad, more, groups)
    padding = {"pad_type": "custom", "pad": [pad[0], pad[0], pad[1], pad[1]]}
    found = compute(
        "conv_transpose",
        tuple(expected.shape),
        **optional(x=x, weight=weight, bias=shift),
        strides=list(strides),
        groups=groups,
        output_shape=list(expected.shape),
        **padding if any(pad) else {"pad_type": "valid"},
    )
    assert_close(found, expected, 5e-6)


def test_conv_transpose_by_its_defaults() -> None:
    x, weight = noise(0, 2, 3, 4, 5), noise(1, 3, 2, 3, 2)
    expected = F.conv_transpose2d(x, weight)
    found = compute("conv_transpose", tuple(expected.shape), x=x, weight=weight)
    assert_close(found, expected, 5e-6)


@covers("avg_pool", "max_pool")
@pytest.mark.parametrize("kind", ["avg_pool", "max_pool"])
@given(kernel=pairs(1, 4), strides=pairs(1, 3), more=pairs(0, 6), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_pools(
    kind: str,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    more: tuple[int, int],
    seed: int,
) -> None:
    x = noise(seed, 2, 3, kernel[0] + more[0], kernel[1] + more[1])
    function = F.avg_pool2d if kind == "avg_pool" else F.max_pool2d
    found = compute(kind, x=x, kernel_sizes=list(kernel), strides=list(strides), pad_type="valid")
    assert_close(found, function(x, kernel, strides))


@pytest.mark.parametrize("kind", ["avg_pool", "max_pool"])
def test_pools_move_by_one_by_default(kind: str) -> None:
    x = noise(0, 1, 2, 5, 6)
    function = F.avg_pool2d if kind == "avg_pool" else F.max_pool2d
    assert_close(compute(kind, x=x, kernel_sizes=[3, 2]), function(x, (3, 2), 1))


@covers("reshape", "expand_dims", "squeeze")
def test_shapes_change_and_values_stay() -> None:
    x = noise(0, 2, 1, 6, 1)
    assert_close(compute("reshape", (3, 4), x=x, shape=[3, -1]), x.reshape(3, 4))
    assert_close(compute("expand_dims", (2, 1, 6, 1, 1), x=x, axes=[4]), x.unsqueeze(4))
    assert_close(compute("squeeze", (2, 6, 1), x=x, axes=[1]), x.squeeze(1))
    assert_close(compute("squeeze", (2, 6), x=x), x.squeeze())


@covers("transpose")
@given(st.permutations(range(4)), st.booleans())
@settings(max_examples=24, deadline=None)
def test_transpose(order: list[int], negative: bool) -> None:
    x = noise(0, 2, 3, 4, 5)
    given_order = [axis - 4 for axis in order] if negative else order
    assert_close(compute("transpose", x=x, perm=given_order), x.permute(order))


@covers("concat")
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("sizes", [[3], [1, 2], [2, 1, 4]])
def test_concat(axis: int, sizes: list[int]) -> None:
    parts = []
    for seed, size in enumerate(sizes):
        shape = [2, 3, 4]
        shape[axis] = size
        parts.append(noise(seed, *shape))
    expected = torch.cat(parts, axis)
    (found,) = results("concat", {"values": parts, "axis": [axis]}, [tuple(expected.shape)])
    assert_close(found, expected)


@covers("split")
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("sizes", [[6], [3, 3], [1, 3, 2], [2, 2, 2]])
def test_split(axis: int, sizes: list[int]) -> None:
    x = noise(0, 6, 6, 6)
    expected = torch.split_with_sizes(x, sizes, axis)
    found = results("split", {"x": [x], "axis": [axis]}, [tuple(part.shape) for part in expected])
    for part, other in zip(found, expected, strict=True):
        assert_close(part, other)


@covers("slice_by_size")
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_slice_by_size(data: st.DataObject) -> None:
    shape = data.draw(SIZES)
    x = expected = noise(0, *shape)
    begins, sizes = [], []
    for axis, length in enumerate(shape):
        begins.append(data.draw(st.integers(0, length - 1)))
        sizes.append(data.draw(st.integers(1, length - begins[-1])))
        expected = expected.narrow(axis, begins[-1], sizes[-1])
    assert_close(compute("slice_by_size", tuple(sizes), x=x, begin=begins, size=sizes), expected)


def test_slice_by_size_to_the_end() -> None:
    x = noise(0, 4, 5)
    found = compute("slice_by_size", (3, 2), x=x, begin=[1, 2], size=[-1, 2])
    assert_close(found, x[1:, 2:4])


@covers("slice_by_index")
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_slice_by_index(data: st.DataObject) -> None:
    shape = data.draw(SIZES)
    x = expected = noise(0, *shape)
    arguments: dict[str, list[Any]] = {
        name: [] for name in ("begin", "end", "stride", "begin_mask", "end_mask", "squeeze_mask")
    }
    # From the last axis, so that one that falls away does not move the others.
    for axis, length in reversed(list(enumerate(shape))):
        begin = data.draw(st.integers(-length, length - 1))
        end = data.draw(st.integers(-length - 1, length + 1))
        stride = data.draw(st.sampled_from([1, 2, 3, -1, -2]))
        from_start, to_end, single = (data.draw(st.booleans()) for _ in range(3))
        places = range(length)[
            slice(None if from_start else begin, None if to_end else end, stride)
        ]
        if single:
            from_start = False
            expected = expected.select(axis, begin)
        else:
            expected = expected.index_select(axis, torch.tensor(places, dtype=torch.long))
        row = (begin, end, stride, from_start, to_end, single)
        for values, item in zip(arguments.values(), row, strict=True):
            values.insert(0, item)
    assert_close(compute("slice_by_index", **arguments, x=x), expected)


def test_slice_by_index_without_masks_and_strides() -> None:
    x = noise(0, 4, 5, 6)
    found = compute("slice_by_index", x=x, begin=[1, 0, -3], end=[3, 5, -1])
    assert_close(found, x[1:3, 0:5, -3:-1])


@covers("cast")
@pytest.mark.parametrize(
    ("dtype", "expected"),
    # Rounding to half precision is the interpreter's.
    [
        ("fp16", torch.float32),
        ("fp32", torch.float32),
        ("int32", torch.int32),
        ("bool", torch.bool),
    ],
)
def test_cast(dtype: str, expected: torch.dtype) -> None:
    for x in (
        torch.tensor([-2.7, -0.5, -0.0, 0.5, 1.5, 70_000.9]),
        torch.tensor([-7, 0, 3], dtype=torch.int32),
        torch.tensor([True, False]),
        torch.tensor([0.1, 2.5], dtype=torch.float16),
    ):
        assert_close(compute("cast", x=x, dtype=dtype), x.to(expected))


QUANTIZED = {"int8": torch.qint8, "uint8": torch.quint8}
POWERS = st.integers(-6, 2).map(lambda power: 2.0**power)


def zero_points(dtype: str) -> st.SearchStrategy[int]:
    return st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max)


def even_zero_points(dtype: str) -> st.SearchStrategy[int]:
    """Those for which it does not matter that PyTorch rounds after adding them, Core ML before."""
    return zero_points(dtype).map(lambda number: number // 2 * 2)


@covers("quantize", "dequantize")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("dtype", QUANTIZED)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_quantizing_by_tensor_with_ties(dtype: str, data: st.DataObject) -> None:
    # PyTorch multiplies by the scale's inverse, which is exact for powers of two.
    scale = data.draw(POWERS)
    zero_point = data.draw(st.none() | even_zero_points(dtype))
    halves = data.draw(st.lists(st.integers(-600, 600), min_size=1, max_size=30))
    x = torch.tensor(halves, dtype=torch.float32) / 2 * scale
    steps = torch.quantize_per_tensor(x, scale, zero_point or 0, QUANTIZED[dtype])
    offset = None if zero_point is None else np.array(zero_point, dtype)
    found = compute(
        "quantize",
        **optional(input=x, scale=np.float32(scale), zero_point=offset, output_dtype=dtype),
    )
    assert_close(found, steps.int_repr())
    values = compute(
        "dequantize", **optional(input=found, scale=np.float32(scale), zero_point=offset)
    )
    assert_close(values, steps.dequantize())


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("dtype", QUANTIZED)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_quantizing_by_channel_with_ties(dtype: str, axis: int, data: st.DataObject) -> None:
    shape = (2, 3, 4)
    count = shape[axis]
    scales = data.draw(st.lists(POWERS, min_size=count, max_size=count))
    offsets = data.draw(
        st.none() | st.lists(even_zero_points(dtype), min_size=count, max_size=count)
    )
    scale = torch.tensor(scales)
    spread = [count if number == axis % 3 else 1 for number in range(3)]
    halves = np.random.default_rng(data.draw(SEEDS)).integers(-300, 300, shape)
    x = torch.from_numpy(halves.astype(np.float32) / 2) * scale.reshape(spread)
    steps = torch.quantize_per_channel(
        x, scale, torch.tensor(offsets or [0] * count), axis % 3, QUANTIZED[dtype]
    )
    offset = None if offsets is None else np.array(offsets, dtype)
    found = compute(
        "quantize",
        **optional(input=x, scale=scale, zero_point=offset, axis=axis, output_dtype=dtype),
    )
    assert_close(found, steps.int_repr())
    values = compute(
        "dequantize", **optional(input=found, scale=scale, zero_point=offset, axis=axis)
    )
    assert_close(values, steps.dequantize())


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("dtype", QUANTIZED)
@given(SEEDS, st.floats(2**-10, 2**10, width=32), st.data())
@settings(max_examples=30, deadline=None)
def test_quantizing_with_any_scale_is_pytorchs_but_for_ties(
    dtype: str, seed: int, scale: float, data: st.DataObject
) -> None:
    zero_point = data.draw(zero_points(dtype))
    x = noise(seed, 500) * 100 * scale
    parts = (x.double() / scale) % 1
    x = x[(parts - 0.5).abs() > 1e-3]
    steps = torch.quantize_per_tensor(x, scale, zero_point, QUANTIZED[dtype])
    arguments = {"scale": np.float32(scale), "zero_point": np.array(zero_point, dtype)}
    found = compute("quantize", input=x, output_dtype=dtype, **arguments)
    assert_close(found, steps.int_repr())
    assert_close(compute("dequantize", input=found, **arguments), steps.dequantize())


@pytest.mark.parametrize("dtype", QUANTIZED)
def test_quantizing_rounds_to_even_before_it_adds_the_zero_point(dtype: str) -> None:
    x = torch.tensor([0.5, 1.5, 2.5, 3.5])
    zero_point = np.array(1, dtype)
    found = compute(
        "quantize", input=x, scale=np.float32(1), zero_point=zero_point, output_dtype=dtype
    )
    assert found.tolist() == [1, 3, 3, 5]


MAPS = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5))
FACTORS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@covers("upsample_nearest_neighbor")
@given(shape=MAPS, factors=FACTORS, seed=SEEDS)
def test_upsample_nearest_neighbor(
    shape: tuple[int, ...], factors: tuple[int, int], seed: int
) -> None:
    x = noise(seed, *shape)
    expected = F.interpolate(x, scale_factor=tuple(map(float, factors)), mode="nearest")
    scales = {"scale_factor_height": factors[0], "scale_factor_width": factors[1]}
    found = compute("upsample_nearest_neighbor", tuple(expected.shape), x=x, **scales)
    assert np.array_equal(found, expected.numpy())


@covers("upsample_bilinear")
@given(shape=MAPS, size=st.tuples(st.integers(1, 9), st.integers(1, 9)), seed=SEEDS)
@pytest.mark.parametrize("aligned", [False, True])
def test_upsample_bilinear(
    aligned: bool, shape: tuple[int, ...], size: tuple[int, int], seed: int
) -> None:
    x = noise(seed, *shape)
    expected = F.interpolate(x, size, mode="bilinear", align_corners=aligned)
    # Left out, corners are aligned, and half pixels are what does not contradict that.
    stated = {} if aligned else {"align_corners": False}
    found = compute("upsample_bilinear", tuple(expected.shape), x=x, **stated)
    assert_close(found, expected)


@covers("classify")
@pytest.mark.parametrize("shape", [(4,), (1, 4)])
def test_classify(shape: tuple[int, ...]) -> None:
    probabilities = F.softmax(noise(0, *shape), -1)
    best = int(probabilities.argmax())
    names = ("cat", "dog", "bird", "fish")
    classes: tuple[object, ...] = (names, [10, 20, 30, 40])
    for labels, expected in zip(classes, (names[best], 10 * (best + 1)), strict=True):
        label, found = results(
            "classify", {"probabilities": [probabilities], "classes": [labels]}, [(), ()]
        )
        assert label == expected
        assert_close(found, probabilities)


HALVES: dict[str, dict[str, object]] = {
    "relu": {"x": noise(0, 5)},
    "gelu": {"x": noise(0, 5)},
    "mul": {"x": noise(0, 5), "y": np.array(0.3)},
    "linear": {"x": noise(0, 2, 3), "weight": noise(1, 4, 3), "bias": noise(2, 4)},
    "conv": {"x": noise(0, 1, 2, 5, 5), "weight": noise(1, 3, 2, 3, 3), "bias": noise(2, 3)},
    "softmax": {"x": noise(0, 2, 3)},
    "dequantize": {"input": np.array([3, 5], np.int8), "scale": np.array(0.3)},
}


@pytest.mark.parametrize("kind", HALVES)
def test_arguments_in_half_precision_compute_in_single(kind: str) -> None:
    halves = {}
    for name, argument in HALVES[kind].items():
        array = np.asarray(value(argument))
        halves[name] = array if array.dtype == np.int8 else array.astype(np.float16)
    singles = {
        name: array if array.dtype == np.int8 else array.astype(np.float32)
        for name, array in halves.items()
    }
    found = compute(kind, **halves)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, compute(kind, **singles))


IMAGE, KERNEL = noise(0, 1, 2, 5, 5), noise(1, 2, 2, 3, 3)
CONVOLUTION = {"x": IMAGE, "weight": KERNEL}


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("conv", {**CONVOLUTION, "pad_type": "same"}, "conv with pad_type same"),
        ("conv", {**CONVOLUTION, "pad_type": "same_lower"}, "conv with pad_type same_lower"),
        ("conv", {**CONVOLUTION, "dilations": [1, 2]}, "conv with .*dilations"),
        ("conv", {"x": IMAGE[0], "weight": KERNEL[0]}, "conv with another rank"),
        ("conv_transpose", {**CONVOLUTION, "pad_type": "same"}, "conv_transpose with pad_type"),
        ("conv_transpose", {**CONVOLUTION, "dilations": [2, 1]}, "conv_transpose with .*dilat"),
        ("conv_transpose", {"x": IMAGE[0], "weight": KERNEL[0]}, "conv_transpose with another"),
        ("avg_pool", {"x": IMAGE, "kernel_sizes": [2, 2], "pad_type": "same"}, "avg_pool with"),
        ("max_pool", {"x": IMAGE, "kernel_sizes": [2, 2], "pad_type": "custom"}, "max_pool with"),
        ("gelu", {"x": IMAGE, "mode": "SIGMOID_APPROXIMATION"}, "gelu with mode SIGMOID"),
        (
            "upsample_nearest_neighbor",
            {"x": IMAGE, "scale_factor_height": np.float32(1.5)},
            "upsample_nearest_neighbor with scale_factor_height 1.5",
        ),
        (
            "upsample_bilinear",
            {"x": IMAGE, "align_corners": True, "half_pixel_centers": True},
            "upsample_bilinear with corners and centres",
        ),
        ("cast", {"x": IMAGE, "dtype": "complex"}, "cast with dtype complex"),
        (
            "quantize",
            {"input": IMAGE, "scale": np.float32(1), "output_dtype": "int4"},
            "quantize with output_dtype int4",
        ),
        ("quantize", {"input": IMAGE, "output_dtype": "int8"}, "quantize has no argument scale"),
        (
            "quantize",
            {"input": IMAGE, "scale": np.ones(2), "output_dtype": "int8"},
            "quantize has no argument axis",
        ),
        ("conv", {**CONVOLUTION, "pad_type": "custom"}, "conv has no argument pad"),
        ("clip", {"x": IMAGE, "alpha": np.float32(1)}, "clip has no argument beta"),
        ("max_pool", {"x": IMAGE[0], "kernel_sizes": [2, 2]}, "max_pool with another rank"),
        ("concat", {"values": IMAGE, "axis": 0, "interleave": True}, "concat with interleave"),
        ("mul", {"x": IMAGE}, "mul has no argument y"),
        ("cast", {"x": IMAGE}, "cast with dtype"),
    ],
)
def test_other_forms_are_refused_by_name(
    kind: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        compute(kind, (1, 2, 7, 7), **arguments)


@pytest.mark.parametrize("kind", KERNELS)
def test_ops_without_arguments_are_refused_by_name(kind: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=f"^{kind} (has no argument|with dtype) "):
        compute(kind, (1, 2))


def test_a_masked_begin_is_the_start_of_a_squeezed_axis_too() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = compute(
        "slice_by_index",
        (4,),
        x=x,
        begin=[2, 0],
        end=[3, 4],
        begin_mask=[True, False],
        squeeze_mask=[True, False],
    )
    assert np.array_equal(found, x[0])


def test_a_negative_begin_counts_from_the_end() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = compute("slice_by_size", (2, 2), x=x, begin=[0, -2], size=[2, 2])
    assert np.array_equal(found, x[:2, 2:])
