package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class FrameSizesTest {
    private val usual = listOf(4000 to 3000, 1920 to 1080, 1440 to 1080, 1280 to 720, 640 to 480, 320 to 240)
        .map { (width, height) -> FrameSize(width, height) }

    @Test
    fun theSmallestThatHasEnoughIsAnalysedAndASharpOneShown() {
        val sizes = FrameSizes.choose(usual, usual, needed = 236)
        assertEquals(FrameSizes(FrameSize(640, 480), FrameSize(1440, 1080)), sizes)
    }

    @Test
    fun aLargeModelGetsLargeFrames() {
        assertEquals(FrameSize(1280, 720), FrameSizes.choose(usual, usual, needed = 500)?.analysed)
        assertEquals(FrameSize(4000, 3000), FrameSizes.choose(usual, usual, needed = 9000)?.analysed)
    }

    @Test
    fun aCameraWithOddSizesIsTakenAsItIs() {
        val odd = listOf(FrameSize(176, 144))
        assertEquals(FrameSizes(odd[0], odd[0]), FrameSizes.choose(odd, usual, needed = 236))
        assertEquals(FrameSizes(usual[0], usual[0]), FrameSizes.choose(usual.take(1), usual.take(1), needed = 1))
        assertNull(FrameSizes.choose(emptyList(), usual, needed = 236))
    }
}
