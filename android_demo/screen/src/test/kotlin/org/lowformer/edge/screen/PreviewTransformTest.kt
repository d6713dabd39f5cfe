package org.lowformer.edge.screen

import kotlin.math.abs
import kotlin.math.cos
import kotlin.math.sin
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource

class PreviewTransformTest {
    @ParameterizedTest
    @CsvSource("90, 0", "90, 90", "90, 180", "90, 270", "270, 0", "270, 90", "0, 0", "0, 90", "180, 270")
    fun thePictureKeepsItsProportions(sensor: Int, display: Int) {
        for (isWhole in listOf(false, true)) holds(sensor, display, isWhole)
    }

    private fun holds(sensor: Int, display: Int, isWhole: Boolean) {
        val frame = FrameSize(640, 480)
        for (view in listOf(FrameSize(1080, 1080), FrameSize(1080, 1500), FrameSize(800, 300))) {
            val transform = PreviewTransform.of(view, frame, sensor, display, isWhole)
            // The view has stretched the picture to itself, upright for the natural orientation.
            val right = transform.of(view.width.toFloat(), 0f)
            val down = transform.of(0f, view.height.toFloat())
            val natural = if (sensor % 180 == 0) frame else FrameSize(frame.height, frame.width)
            assertEquals(length(right) / natural.width, length(down) / natural.height, 1e-3f)
            // Turned by what the display has turned, the other way.
            val sideways = display % 180 != 0
            assertEquals(if (sideways) 0f else length(right), abs(right.first), 1e-3f)
            val width = if (sideways) length(down) else length(right)
            val height = if (sideways) length(right) else length(down)
            val reaches = listOf(width > view.width - 1e-2, height > view.height - 1e-2)
            val stays = listOf(width < view.width + 1e-2, height < view.height + 1e-2)
            if (isWhole) {
                assertTrue(stays.all { it }, "is not seen as a whole in $view")
                assertTrue(reaches.any { it }, "is smaller than need be")
            } else {
                assertTrue(reaches.all { it }, "does not fill $view")
                assertTrue(stays.any { it }, "is larger than need be")
            }
        }
    }

    @ParameterizedTest
    @CsvSource("0, 1, 0", "90, 0, -1", "180, -1, 0", "270, 0, 1")
    fun aTurnedDisplayTurnsThePictureBack(display: Int, x: Float, y: Float) {
        val square = FrameSize(480, 480)
        val right = PreviewTransform.of(square, square, 90, display, isWhole = false).of(1f, 0f)
        assertEquals(x, right.first, 1e-6f)
        assertEquals(y, right.second, 1e-6f)
    }

    private fun PreviewTransform.of(x: Float, y: Float): Pair<Float, Float> {
        val angle = Math.toRadians(rotation.toDouble())
        val turnedX = scaleX * x * cos(angle) - scaleY * y * sin(angle)
        val turnedY = scaleX * x * sin(angle) + scaleY * y * cos(angle)
        return turnedX.toFloat() to turnedY.toFloat()
    }

    private fun length(vector: Pair<Float, Float>) = abs(vector.first) + abs(vector.second)
}
