package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.Random
import kotlin.math.abs

class QuantizationTest {
    @Test
    fun halvesGoToTheEvenNumberAndTheRestIsCutOff() {
        val values = floatArrayOf(0.25f, 0.75f, 1.25f, -0.25f, -0.75f, 0.26f, 1e9f, -1e9f)
        assertArrayEquals(byteArrayOf(0, 2, 2, 0, -2, 1, 127, -128), Quantization(0.5f, 0).quantize(values))
        assertArrayEquals(byteArrayOf(-10, -8), Quantization(0.5f, -10).quantize(floatArrayOf(0.25f, 0.75f)))
    }

    @Test
    fun integersComeBack() {
        val all = ByteArray(256) { (it - 128).toByte() }
        val random = Random(0)
        repeat(50) {
            val quantization = Quantization(random.nextFloat() + 1e-3f, random.nextInt(256) - 128)
            assertArrayEquals(all, quantization.quantize(quantization.dequantize(all)))
        }
    }

    @Test
    fun aRealMovesByHalfAStepAtMost() {
        val random = Random(1)
        val quantization = Quantization(0.03f, 4)
        val values = FloatArray(1000) { random.nextFloat() * 6 - 3 }
        val back = quantization.dequantize(quantization.quantize(values))
        for (index in values.indices) assertTrue(abs(values[index] - back[index]) <= 0.0151f)
    }

    @Test
    fun aScaleIsPositive() {
        assertThrows(IllegalArgumentException::class.java) { Quantization(0f, 0) }
        assertEquals(1f, Quantization(1f, 0).scale)
    }
}
