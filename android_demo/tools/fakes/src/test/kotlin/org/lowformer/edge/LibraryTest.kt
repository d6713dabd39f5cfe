package org.lowformer.edge

import android.graphics.Bitmap
import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.runtime.EdgeModel

/** The app's models as other people's apps open them, and bitmaps as Android has them. */
class LibraryTest {
    @TempDir
    lateinit var disk: File

    private lateinit var hand: Hand
    private val models get() = hand.phone.models

    @BeforeEach
    fun takesAPhone() {
        hand = Hand(disk)
    }

    @AfterEach
    fun everythingIsClosed() {
        assertEquals(emptyList<String>(), hand.phone.violations)
        assertEquals(0, models.open)
    }

    private fun open(bundle: SmallBundle = SmallBundle()): EdgeModel =
        EdgeModel.open(bundle.write(File(disk, "bundle")), "tflite/fp32")

    private fun bitmap(config: Bitmap.Config = Bitmap.Config.ARGB_8888, side: Int = 4): Bitmap =
        Bitmap.createBitmap(IntArray(side * side) { -1 }, side, side, config)

    @Test
    fun aClassifierClassifies() {
        open().use { model ->
            val scores = model.classify(bitmap(), most = 2)
            assertEquals(listOf(1, 0), scores.map { it.index })
            assertEquals("class 1", model.nameOf(scores.first().index))
        }
        assertTrue(models.inputs.last().all { it == 1f }, "white is 1 where mean and deviation are a half")
    }

    @Test
    fun aBitmapOfTheGpusMemoryIsCopied() {
        open().use { assertEquals(1, it.classify(bitmap(Bitmap.Config.ALPHA_8)).first().index) }
    }

    @Test
    fun aBitmapWithoutRoomForACopyIsRefused() {
        open().use { model ->
            val error = assertThrows(EdgeException::class.java) {
                model.classify(bitmap(Bitmap.Config.RGB_565, side = 101))
            }
            assertEquals("a bitmap of 101 x 101 pixels cannot be copied; give a smaller one", error.message)
        }
    }

    @Test
    fun aDetectorDetects() {
        models.seen = 2
        val maps = mapOf("class_logits_p3" to listOf(45, 1, 1), "box_deltas_p3" to listOf(36, 1, 1))
        open(SmallBundle("detection", "CHW", maps)).use { model ->
            assertEquals(2, model.detect(bitmap()).first().index)
            val error = assertThrows(EdgeException::class.java) { model.classify(bitmap()) }
            assertEquals("small-fp32.tflite: is for detection, not for classification", error.message)
        }
    }

    @Test
    fun aSegmenterSegments() {
        open(SmallBundle("segmentation", "CHW", mapOf("logits" to listOf(3, 1, 1)))).use { model ->
            assertEquals(List(16) { 1 }, List(16, model.segment(bitmap())::at))
        }
    }

    @Test
    fun aBundleOfTheAppIsUnpacked() {
        hand.create()
        val folder = EdgeModel.unpack(hand.phone.application, "bundles/demo")
        EdgeModel.open(folder, "small-fp32.pte").close()
        val error = assertThrows(EdgeException::class.java) { EdgeModel.unpack(hand.phone.application, "nothing") }
        assertTrue(error.message.orEmpty().startsWith("nothing: cannot be unpacked"), error.message)
    }
}
