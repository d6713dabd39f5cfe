package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class PlacementTest {
    private fun spec(mode: ResizeMode, place: PaddingPlace = PaddingPlace.BOTTOM_RIGHT) = Preprocessing(
        Size(32, 48), Size(32, 48), mode, 1.0, Interpolation.BILINEAR, listOf(0, 0, 0), place, LEVEL, LEVEL,
    )

    /** As Python's `Preprocessing.placement` tells them. */
    @Test
    fun imagesLieWherePreprocessingPutsThem() {
        val letterbox = spec(ResizeMode.LETTERBOX).placement(Size(71, 83))
        assertEquals(Placement(Extent(32, 0, 32, 71), Extent(48, 0, 37, 83)), letterbox)
        val around = spec(ResizeMode.LETTERBOX, PaddingPlace.AROUND).placement(Size(41, 90))
        assertEquals(Placement(Extent(32, 5, 22, 41), Extent(48, 0, 48, 90)), around)
        val squash = spec(ResizeMode.SQUASH).placement(Size(7, 9))
        assertEquals(Placement(Extent(32, 0, 32, 7), Extent(48, 0, 48, 9)), squash)
        val crop = spec(ResizeMode.CROP).placement(Size(64, 200))
        assertEquals(Placement(Extent(32, 0, 32, 64), Extent(48, -26, 100, 200)), crop)
        assertEquals(Size(64, 200), crop.image)
        assertEquals(Size(32, 48), crop.input)
    }

    @Test
    fun boxesAreClippedAndBroughtBack() {
        val boxes = floatArrayOf(-5f, 4f, 40f, 90f, 0f, 0f, 48f, 32f)
        spec(ResizeMode.CROP).placement(Size(64, 200)).toImage(boxes, 2)
        assertArrayEquals(floatArrayOf(52f, 8f, 132f, 64f, 52f, 0f, 148f, 64f), boxes)
    }

    @Test
    fun anImageIsSomewhereInTheInput() {
        assertThrows(IllegalArgumentException::class.java) { Extent(8, 8, 4, 4) }
        assertThrows(IllegalArgumentException::class.java) { Extent(8, -4, 4, 4) }
        assertThrows(IllegalArgumentException::class.java) { Extent(8, 0, 0, 4) }
    }

    private companion object {
        val LEVEL = listOf(0.5f, 0.5f, 0.5f)
    }
}
