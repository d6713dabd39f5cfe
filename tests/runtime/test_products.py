from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.runtime.executorch.products import products as of_executorch
from lowformer_edge.runtime.products import Product, products_by_op
from lowformer_edge.runtime.tflite.products import products as of_tflite

CONVOLUTION = Product("convolution", "3x3 s2, 3 to 16, 112x112", 5_419_008)
PRODUCT = Product("batched", "49x32 by 32x49", 76_832)


def test_what_multiplies_is_matched_in_order() -> None:
    kinds = [
        "Convert (NC)",
        "Convolution (NHWC, QC8) IGEMM",
        "Batch Matrix Multiply (NC, F32) GEMM",
    ]
    assert products_by_op(kinds, [CONVOLUTION, PRODUCT]) == [None, CONVOLUTION, PRODUCT]


@pytest.mark.parametrize("products", [[CONVOLUTION], [PRODUCT, CONVOLUTION], []])
def test_lists_that_do_not_fit_each_other_match_nothing(products: list[Product]) -> None:
    kinds = ["Fully Connected (NC, QS8, QC8W) GEMM", "Batch Matrix Multiply (NC, F32) GEMM"]
    assert products_by_op(kinds, products) == [None, None]


def test_formats_multiply_the_same(all_formats_bundle: Path) -> None:
    lite = of_tflite(all_formats_bundle / "demo-int8.tflite")
    torch = of_executorch(all_formats_bundle / "demo-int8.pte")
    # ExecuTorch has sums over channels as products with a single result.
    large = [product for product in torch if not product.shape.endswith(("1x1", "x1"))]
    assert [(one.family, one.macs) for one in lite] == [(one.family, one.macs) for one in large]
    assert [one.shape for one in lite if one.family != "batched"] == [
        one.shape for one in large if one.family != "batched"
    ]
    assert lite[0] == Product("convolution", "3x3 s2, 3 to 12, 48x48", 48 * 48 * 12 * 27)
    assert {"transposed", "batched"} <= {one.family for one in lite}


def test_a_program_that_is_no_xnnpack_graph_has_none(tmp_path: Path) -> None:
    path = tmp_path / "other.pte"
    path.write_bytes(b"none")
    assert of_executorch(path) == []
