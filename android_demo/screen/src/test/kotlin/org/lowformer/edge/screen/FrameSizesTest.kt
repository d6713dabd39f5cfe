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
    fun aShapeIsFittedIntoAView() {
        val view = FrameSize(900, 600)
        assertEquals(FrameSize(600, 600), FrameSize(1, 1).within(view))
        assertEquals(FrameSize(600, 600), FrameSize(224, 224).within(view))
        assertEquals(FrameSize(900, 450), FrameSize(64, 32).within(view))
        assertEquals(FrameSize(300, 600), FrameSize(32, 64).within(view))
        assertEquals(view, FrameSize(3, 2).within(view))
        assertEquals(FrameSize(65_536, 65_536), FrameSize(32_768, 32_768).within(FrameSize(65_536, 70_000)))
    }

    @Test
    fun aCameraWithOddSizesIsTakenAsItIs() {
        val odd = listOf(FrameSize(176, 144))
        assertEquals(FrameSizes(odd[0], odd[0]), FrameSizes.choose(odd, usual, needed = 236))
        assertEquals(FrameSizes(usual[0], usual[0]), FrameSizes.choose(usual.take(1), usual.take(1), needed = 1))
        assertNull(FrameSizes.choose(emptyList(), usual, needed = 236))
    }
}
