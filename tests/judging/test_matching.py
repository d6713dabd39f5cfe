"""Partners of values, on graphs small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.judging.matching import ReferenceValues
from lowformer_edge.judging.op_kind import Family, family
from lowformer_edge.runtime.trace import Trace, TracedOp, TracedOutput, dependent, needed_for


def op(name: str, *inputs: str, kind: str = "aten.add.Tensor") -> TracedOp:
    return TracedOp(kind, name, inputs, (name,), module=f"module.{name}")


@pytest.fixture(scope="module")
def chain() -> ReferenceValues:
    """x, then h of x, then y of both; h is zero where x is large."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 4, 5, 6)).astype(np.float32)
    h = rng.standard_normal((1, 4, 5, 6)).astype(np.float32)
    ops = (op("h", "x", kind="aten.convolution.default"), op("y", "x", "h"))
    return ReferenceValues(Trace(ops, {"x": x, "h": h, "y": x + h}))


@given(
    axes=st.permutations(range(3)),
    noise_db=st.floats(25, 90),
    seed=st.integers(0, 100),
    name=st.sampled_from(["x", "h", "y"]),
)
@settings(deadline=None, max_examples=60)
def test_a_value_is_found_in_any_order_of_axes_and_under_noise(
    chain: ReferenceValues, axes: list[int], noise_db: float, seed: int, name: str
) -> None:
    values = chain._trace.values
    moved = values[name][0].transpose(axes)
    noise = np.random.default_rng(seed).standard_normal(moved.shape)
    noise *= 10 ** (-noise_db / 20) * np.linalg.norm(moved) / np.linalg.norm(noise)
    found = chain.find((moved + noise).astype(np.float32), 0, 20.0)
    assert found is not None
    assert found.name == name
    assert found.sqnr_db == pytest.approx(noise_db, abs=0.1)
    np.testing.assert_array_equal(found.value, moved)


def test_a_partner_depends_on_what_the_value_depends_on(chain: ReferenceValues) -> None:
    x = chain._trace.values["x"]
    assert chain.find(x, 0, 60.0) is not None
    # A convolution that gives zeros leaves x of x + h, but x does not depend on h.
    assert chain.find(x, chain.bit("h"), 60.0) is None
    assert chain.counterparts(Family.ADD, x.size, chain.bit("h")) == ["y"]
    assert chain.counterparts(Family.PRODUCT, x.size, chain.bit("h")) == []
    assert chain.counterparts(Family.OTHER, x.size, chain.bit("x")) == ["h", "y"]
    assert chain.module_after(chain.bit("h")) == "module.y"


def test_what_is_no_number_has_no_partner(chain: ReferenceValues) -> None:
    x = chain._trace.values["x"].copy()
    assert chain.find(x.astype(np.int32), 0, 20.0) is None
    x[0, 0, 0, 0] = np.nan
    assert chain.find(x, 0, 20.0) is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CONV_2D", Family.PRODUCT),
        ("TRANSPOSE_CONV", Family.PRODUCT),
        ("ConvTranspose2d", Family.PRODUCT),
        ("conv_transpose", Family.PRODUCT),
        ("aten.convolution.default", Family.PRODUCT),
        ("aten.addmm.default", Family.PRODUCT),
        ("BatchMatrixMultiply", Family.PRODUCT),
        ("Gemm", Family.PRODUCT),
        ("QuantizeLinear", Family.KEEP),
        ("DEQUANTIZE", Family.KEEP),
        ("StaticTranspose", Family.KEEP),
        ("aten.view.default", Family.KEEP),
        ("Multiply", Family.MULTIPLY),
        ("aten.mul.Tensor", Family.MULTIPLY),
        ("ADD", Family.ADD),
        ("SUB", Family.SUBTRACT),
        ("aten._softmax.default", Family.SOFTMAX),
        ("GlobalAvgPooling2d", Family.MEAN),
        ("aten.rsqrt.default", Family.RSQRT),
        ("PADV2", Family.PAD),
        ("HARD_SWISH", Family.OTHER),
        ("layer_norm", Family.OTHER),
        ("SQUARED_DIFFERENCE", Family.OTHER),
    ],
)
def test_families(kind: str, expected: Family) -> None:
    assert family(kind) is expected


def test_ops_on_constants_alone_are_left_out() -> None:
    ops = dependent([op("c", "weight"), op("h", "x", "c"), op("dead", "x"), op("y", "h")], {"x"})
    assert [item.inputs for item in ops] == [("x",), ("x",), ("h",)]
    assert [item.name for item in needed_for([TracedOutput("y", "y")], ops)] == ["h", "y"]
