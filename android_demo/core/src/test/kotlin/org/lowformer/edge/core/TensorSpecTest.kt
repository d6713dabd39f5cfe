package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

class TensorSpecTest {
    private fun json(
        shape: String = "[2, 8, 8, 3]",
        dtype: String = "float32",
        layout: String = "NHWC",
        rest: String = "",
    ) = JSONObject("""{"name": "x", "shape": $shape, "dtype": "$dtype", "layout": "$layout"$rest}""")

    @Test
    fun tensorsAreRead() {
        val found = TensorSpec.parse(json())
        assertEquals(TensorSpec("x", listOf(2, 8, 8, 3), ElementType.FLOAT32, Layout.NHWC, null), found)
        assertEquals(2, found.batch)
        assertEquals(384, found.size)
        assertEquals(Layout.NK, TensorSpec.parse(json("[1, 5]", layout = "NK")).layout)
        val quantized = json(dtype = "int8", rest = """, "quantization": {"scale": 0.5, "zero_point": -128}""")
        assertEquals(Quantization(0.5f, -128), TensorSpec.parse(quantized).quantization)
    }

    @Test
    fun imagesAreTold() {
        val rows = TensorSpec.parse(json("[2, 6, 8, 3]", "uint8"))
        assertEquals(ElementType.UINT8, rows.type)
        assertNull(rows.quantization)
        assertTrue(rows.takesImages(Size(6, 8)))
        assertFalse(rows.takesImages(Size(8, 6)))
        val planes = TensorSpec.parse(json("[1, 3, 6, 8]", layout = "NCHW"))
        assertTrue(planes.takesImages(Size(6, 8)))
        assertFalse(planes.takesImages(Size(3, 6)))
        assertFalse(TensorSpec.parse(json("[1, 8]", layout = "NK")).takesImages(Size(8, 8)))
    }

    @Test
    fun outputsAreToldByShapeAndOrder() {
        val (classes, map, boxes) = listOf(
            Output("x", listOf(8), "K"), Output("x", listOf(3, 6, 8), "CHW"), Output("x", listOf(6, 4), ""),
        )
        assertTrue(TensorSpec.parse(json("[1, 8]", layout = "NK")).gives(classes))
        assertFalse(TensorSpec.parse(json("[1, 8]", "uint8", "NK")).gives(classes))
        assertFalse(TensorSpec.parse(json("[1, 8]", layout = "")).gives(classes))
        assertTrue(TensorSpec.parse(json("[2, 6, 8, 3]")).gives(map))
        assertTrue(TensorSpec.parse(json("[2, 3, 6, 8]", layout = "NCHW")).gives(map))
        assertFalse(TensorSpec.parse(json("[2, 6, 8, 3]", layout = "NCHW")).gives(map))
        assertTrue(TensorSpec.parse(json("[1, 6, 4]", layout = "")).gives(boxes))
        assertFalse(TensorSpec.parse(json("[1, 4, 6]", layout = "")).gives(boxes))
    }

    @Test
    fun imagesAreTakenOutOfABatch() {
        val values = FloatArray(12) { it.toFloat() }
        val rows = TensorSpec.parse(json("[2, 1, 2, 3]"))
        assertArrayEquals(floatArrayOf(6f, 9f, 7f, 10f, 8f, 11f), rows.planesOfImage(values, 1))
        val planes = TensorSpec.parse(json("[2, 3, 1, 2]", layout = "NCHW"))
        assertArrayEquals(values.copyOfRange(6, 12), planes.planesOfImage(values, 1))
        assertEquals(8f, rows.mapOfImage(values, 1).at(0, 2))
        assertEquals(10f, planes.mapOfImage(values, 1).at(0, 2))
    }

    @ParameterizedTest
    @ValueSource(strings = ["[null, 8, 8, 3]", "[1, null, null, 3]"])
    fun openDimensionsAreRefused(shape: String) = assertRefused("leaves one open") { TensorSpec.parse(json(shape)) }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "[]", "[1]", "[1, 8, 8]", "[0, 8, 8, 3]", "[1, -8, 8, 3]", "[2147483647, 2, 2, 3]",
            "[65536, 65536, 65536, 65536]", "[1, 8, 8, 3, 1]", "[16385, 16384, 1, 1]",
        ],
    )
    fun absurdShapesAreRefused(shape: String) = assertRefused("shape") { TensorSpec.parse(json(shape)) }

    @Test
    fun theLargestShapeIsTaken() = assertEquals(1 shl 28, TensorSpec.parse(json("[16384, 16384, 1, 1]")).size)

    @Test
    fun whatTheAppDoesNotKnowIsRefused() {
        assertRefused("dtype 'float16' is unknown") { TensorSpec.parse(json(dtype = "float16")) }
        assertRefused("layout 'CHW' is unknown") { TensorSpec.parse(json(layout = "CHW")) }
        assertRefused("not a known field") { TensorSpec.parse(json(rest = ", \"axis\": 1")) }
        assertRefused("needs a quantization") { TensorSpec.parse(json(dtype = "int8")) }
        for (type in listOf("uint8", "float32")) {
            val rest = """, "quantization": {"scale": 0.5, "zero_point": 0}"""
            assertRefused("needs a quantization") { TensorSpec.parse(json(dtype = type, rest = rest)) }
        }
        for (scale in listOf("0", "-1", "1e-60", "1e60")) {
            val rest = """, "quantization": {"scale": $scale, "zero_point": 0}"""
            assertRefused("scale must be positive") { TensorSpec.parse(json(dtype = "int8", rest = rest)) }
        }
        for (zeroPoint in listOf(-129, 128)) {
            val rest = """, "quantization": {"scale": 1, "zero_point": $zeroPoint}"""
            assertRefused("from -128 to 127") { TensorSpec.parse(json(dtype = "int8", rest = rest)) }
        }
    }
}
