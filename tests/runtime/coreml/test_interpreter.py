from __future__ import annotations

import re
import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.runtime.coreml.interpreter import Interpreter
from lowformer_edge.runtime.coreml.kernels import UnsupportedOperationError
from lowformer_edge.runtime.coreml.program import (
    Operation,
    Program,
    Reference,
    TensorType,
    Value,
    Variable,
)

SHAPE = (2, 3)
WEIGHT = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float16)
IMAGE = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)


def variable(name: str, dtype: str = "fp32", shape: tuple[int, ...] = SHAPE) -> Variable:
    return Variable(name, TensorType(dtype, shape))


def step(kind: str, output: Variable, **arguments: str | Value) -> Operation:
    """An op that gives one variable; texts are names of variables."""
    inputs: dict[str, tuple[Reference | Value, ...]] = {
        name: (Reference(item) if isinstance(item, str) else item,)
        for name, item in arguments.items()
    }
    return Operation(kind, f"{output.name}_op", inputs, (output,), {})


def const(output: Variable, value: Value) -> Operation:
    return Operation("const", "", {}, (output,), {"val": value})


def program(*operations: Operation, outputs: tuple[str, ...]) -> Program:
    return Program("CoreML7", (variable("image"),), operations, outputs)


def small() -> Program:
    """Of half and single precision, with constants inline, stored, and compressed."""
    compressed = Operation(
        "constexpr_affine_dequantize",
        "",
        {},
        (variable("bias", "fp16", (4,)),),
        {
            "quantized_data": np.array([-3, 0, 5, 7], np.int8),
            "scale": np.array(0.1, np.float16),
            "zero_point": np.array(1, np.int8),
            "axis": np.array(0),
        },
    )
    return program(
        const(variable("half_dtype", "string", ()), "fp16"),
        const(variable("weight", "fp16", (3, 4)), WEIGHT),
        compressed,
        step("cast", variable("half", "fp16"), x="image", dtype="half_dtype"),
        step("mul", variable("third", "fp16"), x="half", y=np.array(1 / 3, np.float16)),
        step("matmul", variable("product", "fp16", (2, 4)), x="third", y="weight"),
        step("add", variable("sum", "fp16", (2, 4)), x="product", y="bias"),
        step("sigmoid", variable("logits", "fp32", (2, 4)), x="sum"),
        outputs=("logits",),
    )


def directly(*, rounding: bool) -> dict[str, NDArray[np.float32]]:
    """The variables of the small program."""

    def rounded(values: NDArray[Any]) -> NDArray[np.float32]:
        return values.astype(np.float16).astype(np.float32) if rounding else values

    bias = np.float32(np.float16(0.1)) * np.array([-4, -1, 4, 6], np.float32)
    half = rounded(IMAGE)
    third = rounded(half * np.float32(np.float16(1 / 3)))
    product = rounded(third @ WEIGHT.astype(np.float32))
    # Weights are of half precision, rounding or not: so they are stored.
    total = rounded(product + bias.astype(np.float16).astype(np.float32))
    logits = (1 / (1 + np.exp(-total))).astype(np.float32)
    return {"half": half, "third": third, "product": product, "sum": total, "logits": logits}


@pytest.mark.parametrize("rounding", [True, False])
def test_values_are_those_of_a_direct_computation(rounding: bool) -> None:
    expected = directly(rounding=rounding)
    found = Interpreter(small(), rounding=rounding).run({"image": IMAGE}, wanted=tuple(expected))
    assert list(found) == list(expected)
    for name, values in found.items():
        assert values.dtype == np.float32
        assert values.tobytes() == expected[name].tobytes()


def test_rounding_is_by_what_the_program_says() -> None:
    found = Interpreter(small()).run({"image": IMAGE}, wanted=(*directly(rounding=True), "image"))
    single = {"logits", "image"}
    for name, values in found.items():
        rounded = values.astype(np.float16).astype(np.float32)
        assert np.array_equal(rounded, values) == (name not in single)


def test_inputs_in_half_precision_are_rounded() -> None:
    inputs = (variable("image", "fp16"),)
    doubled = step("add", variable("doubled"), x="image", y="image")
    half = Program("CoreML7", inputs, (doubled,), ("doubled",))
    expected = 2 * IMAGE.astype(np.float16).astype(np.float32)
    assert np.array_equal(Interpreter(half).run({"image": IMAGE})["doubled"], expected)
    exact = Interpreter(half, rounding=False).run({"image": IMAGE})["doubled"]
    assert np.array_equal(exact, 2 * IMAGE)


def test_what_half_precision_cannot_hold_is_infinite() -> None:
    squared = program(step("square", variable("squared", "fp16"), x="image"), outputs=("squared",))
    image = np.full(SHAPE, 1000, np.float32)
    assert np.isinf(Interpreter(squared).run({"image": image})["squared"]).all()
    exact = Interpreter(squared, rounding=False).run({"image": image})["squared"]
    assert (exact == 1e6).all()


def test_integers_and_truth_values_are_never_rounded() -> None:
    kinds = {"int32": np.int32, "bool": np.bool_}
    operations = []
    for dtype in kinds:
        operations.append(const(variable(f"{dtype}_name", "string", ()), dtype))
        operations.append(step("cast", variable(dtype, dtype), x="image", dtype=f"{dtype}_name"))
    found = Interpreter(program(*operations, outputs=tuple(kinds))).run({"image": 5000 * IMAGE})
    for dtype, kind in kinds.items():
        assert found[dtype].dtype == kind
        assert np.array_equal(found[dtype], (5000 * IMAGE).astype(kind))


def test_watch_sees_each_result_once_in_order() -> None:
    seen: list[tuple[str, NDArray[Any]]] = []
    Interpreter(small()).run({"image": IMAGE}, watch=lambda *result: seen.append(result))
    expected = directly(rounding=True)
    assert [name for name, _ in seen] == list(expected)
    for name, values in seen:
        assert values.tobytes() == expected[name].tobytes()


def test_ops_with_several_results_give_each() -> None:
    outputs = (variable("left", shape=(2, 1)), variable("right", "fp16", (2, 2)))
    inputs: dict[str, tuple[Reference | Value, ...]] = {
        "x": (Reference("image"),),
        "axis": (np.array(1),),
    }
    split = Operation("split", "split", inputs, outputs, {})
    seen: list[str] = []
    found = Interpreter(program(split, outputs=("right", "left"))).run(
        {"image": IMAGE}, watch=lambda name, values: seen.append(name)
    )
    assert seen == ["left", "right"]
    assert list(found) == ["right", "left"]
    assert np.array_equal(found["left"], IMAGE[:, :1])
    assert np.array_equal(found["right"], IMAGE[:, 1:].astype(np.float16))


def test_classifiers_give_a_name_and_probabilities() -> None:
    outputs = (
        Variable("label", TensorType("string", ())),
        Variable("label_probs", TensorType("dictionary", ())),
    )
    inputs: dict[str, tuple[Reference | Value, ...]] = {
        "probabilities": (Reference("image"),),
        "classes": (Reference("names"),),
    }
    names = tuple("abcdef")
    classifier = program(
        const(variable("names", "list", ()), names),
        Operation("classify", "classify", inputs, outputs, {}),
        outputs=("label", "label_probs"),
    )
    found = Interpreter(classifier).run({"image": IMAGE})
    assert found["label"] == names[int(IMAGE.argmax())]
    assert np.array_equal(found["label_probs"], IMAGE)


def test_runs_do_not_remember_each_other() -> None:
    interpreter = Interpreter(small())
    first = interpreter.run({"image": IMAGE})["logits"]
    other = interpreter.run({"image": 2 * IMAGE})["logits"]
    again = interpreter.run({"image": IMAGE})["logits"]
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_constants_and_inputs_may_be_wanted() -> None:
    found = Interpreter(small()).run({"image": IMAGE}, wanted=("image", "weight", "bias"))
    assert np.array_equal(found["image"], IMAGE)
    assert found["weight"].dtype == found["bias"].dtype == np.float32
    assert np.array_equal(found["weight"], WEIGHT)


def test_the_given_input_is_left_alone() -> None:
    image = IMAGE.copy()
    (found,) = Interpreter(small()).run({"image": image}, wanted=("image",)).values()
    found += 1
    assert np.array_equal(image, IMAGE)


def test_missing_inputs_are_named() -> None:
    message = "input image must be [2, 3], not missing"
    with pytest.raises(ValueError, match=re.escape(message)):
        Interpreter(small()).run({"picture": IMAGE})


@pytest.mark.parametrize("shape", [(3, 2), (2, 3, 1), (6,), (), (1, 3)])
def test_inputs_of_another_shape_are_named(shape: tuple[int, ...]) -> None:
    message = f"input image must be [2, 3], not {list(shape)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Interpreter(small()).run({"image": np.zeros(shape, np.float32)})


def test_results_of_another_shape_are_named() -> None:
    wrong = program(
        step("relu", variable("first"), x="image"),
        step("transpose", variable("second"), x="first", perm=np.array([1, 0])),
        outputs=("second",),
    )
    message = "transpose second_op gives [3, 2], the program says [2, 3]"
    with pytest.raises(ValueError, match=re.escape(message)):
        Interpreter(wrong).run({"image": IMAGE})


def test_all_unknown_ops_are_named_once_before_any_runs() -> None:
    unknown = program(
        step("lstm", variable("a"), x="image"),
        step("relu", variable("b"), x="a"),
        step("einsum", variable("c"), x="b"),
        step("lstm", variable("d"), x="c"),
        outputs=("d",),
    )
    with pytest.raises(UnsupportedOperationError, match=r"^einsum, lstm$"):
        Interpreter(unknown)


def test_unknown_constants_are_named_before_any_op_runs() -> None:
    output = variable("weight")
    unknown = program(
        Operation("constexpr_sparse_to_dense", "", {}, (output,), {}), outputs=("weight",)
    )
    with pytest.raises(UnsupportedOperationError, match=r"^constexpr_sparse_to_dense$"):
        Interpreter(unknown)


def test_unknown_forms_of_known_ops_are_named() -> None:
    mode = const(variable("mode", "string", ()), "SIGMOID_APPROXIMATION")
    gelu = step("gelu", variable("result"), x="image", mode="mode")
    with pytest.raises(UnsupportedOperationError, match="gelu with mode SIGMOID"):
        Interpreter(program(mode, gelu, outputs=("result",))).run({"image": IMAGE})


def alive_at_each_step(
    graph: Program, wanted: tuple[str, ...] | None = None
) -> dict[str, set[str]]:
    """By result, the results that are in memory when it is there."""
    references: dict[str, weakref.ref[NDArray[Any]]] = {}
    alive = {}

    def watch(name: str, values: NDArray[Any]) -> None:
        references[name] = weakref.ref(values)
        alive[name] = {name for name, reference in references.items() if reference() is not None}

    Interpreter(graph).run({"image": IMAGE}, wanted=wanted, watch=watch)
    return alive


@pytest.mark.parametrize("dtype", ["fp16", "fp32"])
def test_results_live_until_their_last_use(dtype: str) -> None:
    graph = program(
        step("exp", variable("a", dtype), x="image"),
        step("square", variable("b", dtype), x="a"),
        step("tanh", variable("unused", dtype), x="b"),
        step("sigmoid", variable("c", dtype), x="b"),
        # The second use of a, after others.
        step("add", variable("d", dtype), x="c", y="a"),
        step("square", variable("e", dtype), x="d"),
        step("square", variable("f", dtype), x="e"),
        outputs=("f",),
    )
    assert alive_at_each_step(graph) == {
        "a": {"a"},
        "b": {"a", "b"},
        "unused": {"a", "b", "unused"},
        "c": {"a", "b", "c"},
        "d": {"a", "c", "d"},
        "e": {"d", "e"},
        "f": {"e", "f"},
    }
    kept = alive_at_each_step(graph, wanted=("a", "unused", "f"))
    assert kept["f"] == {"a", "unused", "e", "f"}


def test_outputs_that_are_used_too_live_to_the_end() -> None:
    graph = program(
        step("exp", variable("a"), x="image"),
        step("mul", variable("b"), x="a", y="a"),
        step("square", variable("c"), x="b"),
        outputs=("a", "c"),
    )
    assert alive_at_each_step(graph)["c"] == {"a", "b", "c"}
    found = Interpreter(graph).run({"image": IMAGE})
    assert np.array_equal(found["a"], np.exp(IMAGE))
    assert np.array_equal(found["c"], np.square(np.exp(IMAGE) * np.exp(IMAGE)))


def test_constants_outlive_a_run() -> None:
    interpreter = Interpreter(small())
    for _ in range(2):
        interpreter.run({"image": IMAGE})
    assert np.array_equal(interpreter.run({"image": IMAGE}, wanted=("weight",))["weight"], WEIGHT)
