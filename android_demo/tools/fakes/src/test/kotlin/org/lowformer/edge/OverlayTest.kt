package org.lowformer.edge

import android.graphics.Bitmap
import android.graphics.Canvas
import android.view.View.MeasureSpec
import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.core.LabelMap
import org.lowformer.edge.core.Size
import org.lowformer.edge.screen.BoxMark
import org.lowformer.edge.screen.Bounds
import org.lowformer.edge.screen.Caption
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.Overlay
import org.lowformer.edge.screen.Preview
import org.lowformer.edge.screen.ScreenState
import org.lowformer.edge.screen.Wording
import org.lowformer.edge.screen.view

/** What is drawn over the picture, and how large the picture is. */
class OverlayTest {
    @TempDir
    lateinit var disk: File

    private lateinit var hand: Hand
    private val overlay: OverlayView get() = hand.view(R.id.overlay)

    @BeforeEach
    fun opens() {
        hand = Hand(disk).opened()
        overlay.layout(0, 0, 200, 100)
    }

    private fun drawn(of: Overlay?, isMirrored: Boolean = false): List<String> {
        val view = ScreenState().view
        overlay.show(view.copy(preview = Preview.CAMERA, overlay = of, isWhole = true, isMirrored = isMirrored))
        return canvas().lines().filter { it.isNotEmpty() }
    }

    private fun canvas(): String {
        val canvas = Canvas(Bitmap.createBitmap(200, 100, Bitmap.Config.ARGB_8888))
        overlay.draw(canvas)
        return canvas.toString()
    }

    private fun box(text: String) =
        BoxMark(Bounds(10f, 20f, 30f, 40f), Caption(Wording.Plain(text), 0xFFFFFF))

    @Test
    fun aBoxLiesWhereThePictureIs() {
        // The picture is as wide as half the view, in its middle.
        val lines = drawn(Overlay.Boxes(FrameSize(50, 50), listOf(box("cat"))))
        assertEquals(
            listOf(
                "frame 70.0 40.0 110.0 80.0 FFFFFFFF",
                "rectangle 70.0 2.0 114.0 40.0 FFFFFFFF",
                "text cat FF000000",
            ),
            lines,
        )
    }

    @Test
    fun aMirroredBoxLiesOnTheOtherSide() {
        val lines = drawn(Overlay.Boxes(FrameSize(50, 50), listOf(box("cat"))), isMirrored = true)
        assertEquals("frame 90.0 40.0 130.0 80.0 FFFFFFFF", lines.first())
    }

    @Test
    fun aNameThatIsTooLongIsCutOff() {
        val lines = drawn(Overlay.Boxes(FrameSize(50, 50), listOf(box("a very long name of a thing"))))
        assertEquals("text a very long nam… FF000000", lines.last())
    }

    @Test
    fun aMaskCoversThePictureAndIsExplainedAsFarAsThereIsRoom() {
        val map = LabelMap(Size(2, 2), byteArrayOf(0, 1, 1, 0))
        val legend = List(4) { Caption(Wording.Plain("class $it"), 0) }
        val mask = Overlay.Mask(map, List(256) { it }, legend)
        val lines = drawn(mask, isMirrored = true)
        assertEquals(listOf("save", "scale -1.0 1.0", "picture 2x2 50.0 0.0 150.0 100.0", "restore"), lines.take(4))
        assertEquals(listOf("text class 0 FFFFFFFF", "text class 1 FFFFFFFF"), lines.drop(4).filter { "text" in it })
    }

    @Test
    fun whatIsNotFoundIsNotDrawn() {
        assertEquals("", canvas())
        assertEquals(emptyList<String>(), drawn(null))
    }

    @Test
    fun thePictureHasTheShapeOfTheModelsInput() {
        val frame: PictureFrame = hand.view(R.id.picture)
        frame.shape = FrameSize(2, 1)
        frame.measure(MeasureSpec.makeMeasureSpec(300, MeasureSpec.EXACTLY), MeasureSpec.makeMeasureSpec(0, 0))
        assertEquals(300 to 150, frame.measuredWidth to frame.measuredHeight)
        frame.shape = FrameSize(1, 1)
        frame.measure(MeasureSpec.makeMeasureSpec(2000, MeasureSpec.EXACTLY), MeasureSpec.makeMeasureSpec(0, 0))
        assertEquals(960 to 960, frame.measuredWidth to frame.measuredHeight)
    }
}
