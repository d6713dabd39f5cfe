package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import java.nio.ByteBuffer
import java.util.Random
import kotlin.math.abs

class YuvImageTest {
    /** Lays values out as a camera does, the last row without what would follow its last value. */
    private fun plane(values: ByteArray, columns: Int, rowStride: Int, pixelStride: Int): YuvPlane {
        val rows = values.size / columns
        val buffer = ByteBuffer.allocateDirect((rows - 1) * rowStride + (columns - 1) * pixelStride + 1)
        for (index in values.indices) {
            buffer.put(index / columns * rowStride + index % columns * pixelStride, values[index])
        }
        return YuvPlane(buffer, rowStride, pixelStride)
    }

    private fun one(y: Int, u: Int, v: Int): List<Int> {
        val planes = listOf(y, u, v).map { plane(byteArrayOf(it.toByte()), 1, 1, 1) }
        return YuvImage(1, 1, planes[0], planes[1], planes[2]).toRgb().pixels.map { it.toInt() and 0xFF }
    }

    @ParameterizedTest
    @CsvSource(
        "0, 128, 128, 0, 0, 0", "255, 128, 128, 255, 255, 255", "77, 128, 128, 77, 77, 77", "76, 85, 255, 254, 0, 0",
        "150, 44, 21, 0, 255, 1", "29, 255, 107, 0, 0, 254", "255, 255, 255, 255, 121, 255", "0, 0, 0, 0, 135, 0",
    )
    fun coloursAreThoseOfJpeg(y: Int, u: Int, v: Int, red: Int, green: Int, blue: Int) {
        assertEquals(listOf(red, green, blue), one(y, u, v))
    }

    @Test
    fun everyColourIsTheRoundedFormula() {
        for (y in 0..255 step 5) {
            for (u in 0..255 step 5) {
                for (v in 0..255 step 5) {
                    val exact = listOf(
                        y + 1.402 * (v - 128), y - 0.344136 * (u - 128) - 0.714136 * (v - 128), y + 1.772 * (u - 128),
                    )
                    for ((found, expected) in one(y, u, v).zip(exact)) {
                        assertTrue(abs(found - expected.coerceIn(0.0, 255.0)) <= 0.5 + 2e-3)
                    }
                }
            }
        }
    }

    /** Planar, as two interleaved planes, with padded rows, and with sides that are odd. */
    @ParameterizedTest
    @CsvSource("4, 4, 1, 0", "4, 4, 2, 0", "5, 3, 1, 7", "5, 3, 2, 7", "1, 1, 2, 3", "7, 2, 2, 1", "2, 7, 1, 0")
    fun stridesDoNotMatter(width: Int, height: Int, pixelStride: Int, padding: Int) {
        val random = Random(0)
        val half = (width + 1) / 2
        val luma = ByteArray(width * height).also { random.nextBytes(it) }
        val blue = ByteArray(half * ((height + 1) / 2)).also { random.nextBytes(it) }
        val red = ByteArray(blue.size).also { random.nextBytes(it) }
        val chromaStride = half * pixelStride + padding
        val image = YuvImage(
            width,
            height,
            plane(luma, width, width + padding, 1),
            plane(blue, half, chromaStride, pixelStride),
            plane(red, half, chromaStride, pixelStride),
        )
        val expected = ByteArray(3 * width * height)
        for (y in 0 until height) {
            for (x in 0 until width) {
                val chroma = y / 2 * half + x / 2
                val values = listOf(luma[y * width + x], blue[chroma], red[chroma]).map { it.toInt() and 0xFF }
                val colour = one(values[0], values[1], values[2])
                for (channel in 0 until 3) expected[3 * (y * width + x) + channel] = colour[channel].toByte()
            }
        }
        val found = image.toRgb()
        assertEquals(width, found.width)
        assertEquals(height, found.height)
        assertArrayEquals(expected, found.pixels)
        assertArrayEquals(expected, image.toRgb().pixels)
    }

    @Test
    fun planesThatAreTooShortAreRefused() {
        fun planes(size: Int, rowStride: Int) = YuvPlane(ByteBuffer.allocate(size), rowStride, 1)
        assertRefused("cut off") { YuvImage(4, 4, planes(15, 4), planes(4, 2), planes(4, 2)).toRgb() }
        assertRefused("cut off") { YuvImage(4, 4, planes(16, 4), planes(3, 2), planes(4, 2)).toRgb() }
        assertRefused("cut off") { YuvImage(4, 4, planes(16, 4), planes(4, 2), planes(4, 1)).toRgb() }
    }
}
