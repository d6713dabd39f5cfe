from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from lowformer_edge.runtime.coreml.constants import constant_value
from lowformer_edge.runtime.coreml.kernels import UnsupportedOperationError
from lowformer_edge.runtime.coreml.program import (
    Operation,
    Reference,
    TensorType,
    Value,
    Variable,
    unpack_bits,
)
from lowformer_edge.runtime.coreml.protobuf import DamagedMessageError

SEEDS = st.integers(0, 2**32 - 1)
DTYPES = {"fp16": np.float16, "fp32": np.float32}
WAYS = pytest.mark.parametrize("way", ["attributes", "inputs"])
OUTPUTS = pytest.mark.parametrize("dtype", DTYPES)


def constant(
    kind: str, values: dict[str, Value], shape: tuple[int, ...], dtype: str, way: str = "inputs"
) -> NDArray[Any]:
    """The value of an op whose parameters are attributes, or inputs."""
    output = Variable("weight", TensorType(dtype, shape))
    if way == "attributes":
        operation = Operation(kind, "weight_op", {}, (output,), values)
    else:
        inputs = {name: (value,) for name, value in values.items()}
        operation = Operation(kind, "weight_op", inputs, (output,), {})
    found = constant_value(operation)
    assert isinstance(found, np.ndarray)
    assert found.dtype == DTYPES[dtype]
    assert found.shape == shape
    return found


def places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*map(range, shape))


def block(place: tuple[int, ...], shape: tuple[int, ...], blocks: tuple[int, ...]) -> Any:
    """Which of equal blocks an element lies in."""
    return tuple(
        index // (size // count) for index, size, count in zip(place, shape, blocks, strict=True)
    )


def pack(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Numbers without gaps, the lowest bit first."""
    single = values.reshape(-1, 1) >> np.arange(bits) & 1
    return np.packbits(single.astype(np.uint8), bitorder="little")


@pytest.mark.parametrize(
    "value", [np.arange(6, dtype=np.float16).reshape(2, 3), np.array(7), "valid", ("one", "two")]
)
def test_plain_constants_are_what_they_hold(value: Value) -> None:
    output = Variable("constant", TensorType("fp16", ()))
    assert constant_value(Operation("const", "", {}, (output,), {"val": value})) is value


@WAYS
@OUTPUTS
@pytest.mark.parametrize("stored", [np.int8, np.uint8])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("scales", [False, True])
@pytest.mark.parametrize("offsets", [False, True])
def test_affine_weights(
    way: str, dtype: str, stored: type[np.integer[Any]], axis: int, scales: bool, offsets: bool
) -> None:
    shape = (2, 3, 4)
    generator = np.random.default_rng(0)
    limits = np.iinfo(stored)
    steps = generator.integers(limits.min, limits.max, shape, stored, endpoint=True)
    scale = generator.uniform(0.01, 1, shape[axis]).astype(DTYPES[dtype])
    offset = generator.integers(limits.min, limits.max, shape[axis], stored, endpoint=True)
    values: dict[str, Value] = {
        "quantized_data": steps,
        "scale": scale if scales else np.asarray(scale[0]),
        "zero_point": offset if offsets else np.asarray(offset[0]),
        "axis": np.array(axis, np.int32),
    }
    expected = np.zeros(shape, DTYPES[dtype])
    for place in places(shape):
        factor = float(scale[place[axis] if scales else 0])
        shift = int(offset[place[axis] if offsets else 0])
        expected[place] = factor * (int(steps[place]) - shift)
    found = constant("constexpr_affine_dequantize", values, shape, dtype, way)
    np.testing.assert_array_equal(found, expected)


@WAYS
@OUTPUTS
@pytest.mark.parametrize("stored", [np.int8, np.uint8])
@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize(
    "blocks",
    [(4, 1, 1, 1), (1, 6, 1, 1), (4, 3, 1, 1), (2, 2, 1, 1), (4, 6, 1, 1), (1, 1, 1, 1)],
    ids=["outputs", "inputs", "both", "blocks", "each", "tensor"],
)
def test_weights_with_scales_of_blocks(
    way: str, dtype: str, stored: type[np.integer[Any]], offset: bool, blocks: tuple[int, ...]
) -> None:
    shape = (4, 6, 1, 3)
    generator = np.random.default_rng(0)
    limits = np.iinfo(stored)
    steps = generator.integers(limits.min, limits.max, shape, stored, endpoint=True)
    scale = generator.uniform(0.01, 1, blocks).astype(DTYPES[dtype])
    shift = generator.integers(limits.min, limits.max, blocks, stored, endpoint=True)
    values: dict[str, Value] = {"data": steps, "scale": scale}
    if offset:
        values["offset"] = shift
    expected = np.zeros(shape, DTYPES[dtype])
    for place in places(shape):
        which = block(place, shape, blocks)
        step = int(steps[place]) - (int(shift[which]) if offset else 0)
        expected[place] = float(scale[which]) * step
    found = constant("constexpr_blockwise_shift_scale", values, shape, dtype, way)
    np.testing.assert_array_equal(found, expected)


@given(shape=hnp.array_shapes(max_dims=4, max_side=8), data=st.data(), seed=SEEDS)
@settings(deadline=None)
def test_blocks_of_any_size(shape: tuple[int, ...], data: st.DataObject, seed: int) -> None:
    blocks = tuple(
        data.draw(st.sampled_from([count for count in range(1, size + 1) if size % count == 0]))
        for size in shape
    )
    generator = np.random.default_rng(seed)
    steps = generator.integers(-8, 7, shape, np.int8, endpoint=True)
    # Powers of two, with which every product is exact.
    scale = (2.0 ** generator.integers(-4, 4, blocks)).astype(np.float32)
    values: dict[str, Value] = {"data": steps, "scale": scale}
    found = constant("constexpr_blockwise_shift_scale", values, shape, "fp32")
    for place in places(shape):
        assert found[place] == float(scale[block(place, shape, blocks)]) * int(steps[place])


@WAYS
@OUTPUTS
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8])
@pytest.mark.parametrize("shape", [(5,), (7, 3), (4, 3, 3, 3)])
def test_palettes_with_packed_indices(
    way: str, dtype: str, bits: int, shape: tuple[int, ...]
) -> None:
    generator = np.random.default_rng(0)
    indices = generator.integers(0, 1 << bits, math.prod(shape))
    table = generator.standard_normal(1 << bits).astype(DTYPES[dtype])
    values: dict[str, Value] = {
        "indices": pack(indices, bits),
        "lut": table,
        "shape": np.array(shape, np.uint32),
    }
    found = constant("constexpr_lut_to_dense", values, shape, dtype, way)
    assert found.ravel().tolist() == [table[index] for index in indices]


@WAYS
@OUTPUTS
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8])
@pytest.mark.parametrize(
    "groups",
    [(1, 1, 1, 1), (4, 1, 1, 1), (2, 1, 1, 1), (1, 3, 1, 1), (2, 3, 1, 1), (4, 6, 1, 1)],
    ids=["tensor", "outputs", "groups", "inputs", "blocks", "each"],
)
def test_palettes_of_groups(way: str, dtype: str, bits: int, groups: tuple[int, ...]) -> None:
    shape = (4, 6, 1, 3)
    generator = np.random.default_rng(0)
    indices = generator.integers(0, 1 << bits, shape, np.uint8)
    tables = generator.standard_normal((*groups, 1 << bits, 1)).astype(DTYPES[dtype])
    values: dict[str, Value] = {"indices": indices, "lut": tables}
    found = constant("constexpr_lut_to_dense", values, shape, dtype, way)
    for place in places(shape):
        which = block(place, shape, groups)
        assert found[place] == tables[(*which, int(indices[place]), 0)]


@given(bits=st.integers(1, 8), data=st.data())
@settings(deadline=None)
def test_packed_numbers_unpack_to_themselves(bits: int, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, (1 << bits) - 1), max_size=40))
    more = data.draw(st.binary(max_size=3))
    content = pack(np.array(numbers, np.int64), bits).tobytes() + more
    found = unpack_bits(memoryview(content), bits, len(numbers))
    assert found.dtype == np.uint8
    assert found.tolist() == numbers


@given(bits=st.integers(1, 8), content=st.binary(max_size=20), missing=st.integers(1, 50))
@settings(deadline=None)
def test_too_few_packed_numbers_are_damage(bits: int, content: bytes, missing: int) -> None:
    count = len(content) * 8 // bits + missing
    with pytest.raises(DamagedMessageError, match=f"{count} numbers of {bits} bits are cut off"):
        unpack_bits(memoryview(content), bits, count)


def test_too_few_packed_indices_are_damage() -> None:
    values: dict[str, Value] = {
        "indices": np.zeros(2, np.uint8),
        "lut": np.zeros(16, np.float32),
        "shape": np.array([5], np.uint32),
    }
    with pytest.raises(DamagedMessageError, match="5 numbers of 4 bits are cut off"):
        constant("constexpr_lut_to_dense", values, (5,), "fp32")


@pytest.mark.parametrize("kind", ["constexpr_sparse_to_dense", "constexpr_cast", "constexpr_new"])
def test_unknown_compressions_are_refused_by_name(kind: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=f"^{kind}$"):
        constant(kind, {"data": np.zeros(3)}, (3,), "fp32")


def test_tables_of_vectors_are_refused() -> None:
    values: dict[str, Value] = {
        "indices": np.zeros((2, 2), np.uint8),
        "lut": np.zeros((1, 1, 4, 2), np.float32),
    }
    with pytest.raises(UnsupportedOperationError, match="a table of vectors"):
        constant("constexpr_lut_to_dense", values, (4, 2), "fp32")


def test_unequal_blocks_are_refused() -> None:
    values: dict[str, Value] = {
        "data": np.zeros((5, 2), np.int8),
        "scale": np.ones((2, 1), np.float32),
    }
    with pytest.raises(UnsupportedOperationError, match="2 blocks along an axis of 5"):
        constant("constexpr_blockwise_shift_scale", values, (5, 2), "fp32")


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("constexpr_affine_dequantize", "quantized_data"),
        ("constexpr_blockwise_shift_scale", "data"),
        ("constexpr_lut_to_dense", "lut"),
    ],
)
def test_missing_parameters_are_named(kind: str, missing: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=f"without {missing}$"):
        constant(kind, {}, (2,), "fp32")


def test_parameters_that_other_ops_compute_are_refused() -> None:
    output = Variable("weight", TensorType("fp32", (2,)))
    inputs: dict[str, tuple[Reference | Value, ...]] = {
        "data": (Reference("other"),),
        "scale": (np.ones(1, np.float32),),
    }
    operation = Operation("constexpr_blockwise_shift_scale", "", inputs, (output,), {})
    with pytest.raises(UnsupportedOperationError, match="without data"):
        constant_value(operation)
