package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class PhotoReductionTest {
    @Test
    fun photosThatFitAreReadWhole() {
        assertEquals(1, photoReduction(4000, 3000, 132_000_000))
        assertEquals(2, photoReduction(4000, 3001, 132_000_000))
        assertEquals(1, photoReduction(1, 1, 11))
    }

    @Test
    fun noPhotoTakesMoreThanThereIsRoomFor() {
        for (width in listOf(1, 639, 12_000, 65_535, Int.MAX_VALUE)) {
            for (height in listOf(1, 7, 9_000, 65_535, Int.MAX_VALUE)) {
                val reduction = photoReduction(width, height, 50_000_000)
                assertEquals(1, Integer.bitCount(reduction), "not a power of two")
                assertEquals(true, (width / reduction).toLong() * (height / reduction) * 11 <= 50_000_000)
            }
        }
    }
}
