package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class PicturePlaceTest {
    private val view = FrameSize(200, 100)
    private val image = FrameSize(100, 100)
    private val box = Bounds(10f, 20f, 30f, 60f)

    private fun place(isWhole: Boolean, isMirrored: Boolean = false) = PicturePlace.of(view, image, isWhole, isMirrored)

    @Test
    fun aWholeImageLiesInTheMiddle() {
        assertEquals(Bounds(60f, 20f, 80f, 60f), place(isWhole = true).bounds(box))
        assertEquals(Bounds(50f, 0f, 150f, 100f), place(isWhole = true).bounds(Bounds(0f, 0f, 100f, 100f)))
    }

    @Test
    fun anImageThatFillsTheViewIsCutOff() {
        assertEquals(Bounds(20f, -10f, 60f, 70f), place(isWhole = false).bounds(box))
    }

    @Test
    fun mirroringExchangesLeftAndRight() {
        assertEquals(Bounds(120f, 20f, 140f, 60f), place(isWhole = true, isMirrored = true).bounds(box))
        assertEquals(Bounds(140f, -10f, 180f, 70f), place(isWhole = false, isMirrored = true).bounds(box))
    }

    @Test
    fun captionsAreAboveTheirBoxes() {
        assertEquals(Bounds(60f, 10f, 90f, 20f), captionBounds(Bounds(60f, 20f, 80f, 60f), 30f, 10f, view))
    }

    @Test
    fun captionsStayInTheView() {
        // No room above, too far to the right, too far to the left, beneath the end, and larger than the view.
        assertEquals(Bounds(60f, 5f, 90f, 15f), captionBounds(Bounds(60f, 5f, 80f, 60f), 30f, 10f, view))
        assertEquals(Bounds(170f, 10f, 200f, 20f), captionBounds(Bounds(190f, 20f, 199f, 60f), 30f, 10f, view))
        assertEquals(Bounds(0f, 10f, 30f, 20f), captionBounds(Bounds(-9f, 20f, 80f, 60f), 30f, 10f, view))
        assertEquals(Bounds(0f, 0f, 30f, 10f), captionBounds(Bounds(-9f, -50f, 80f, 60f), 30f, 10f, view))
        assertEquals(Bounds(60f, 90f, 90f, 100f), captionBounds(Bounds(60f, 120f, 80f, 160f), 30f, 10f, view))
        assertEquals(Bounds(0f, 0f, 300f, 200f), captionBounds(box, 300f, 200f, view))
    }
}
