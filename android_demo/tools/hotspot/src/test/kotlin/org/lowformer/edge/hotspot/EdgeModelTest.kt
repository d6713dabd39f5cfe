package org.lowformer.edge.hotspot

import android.graphics.Bitmap
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.core.Task
import org.lowformer.edge.core.topK
import org.lowformer.edge.runtime.EdgeModel
import java.io.File

/** The library's entry with the demo bundle, of which LiteRT runs files here. */
class EdgeModelTest {
    private val folder = File(System.getProperty("lowformer.bundles"))
    private val golden = Bundle.open(folder).golden()
    private val image = RgbImage(golden.width, golden.height, golden.pixels.copyOf(golden.pixels.size / golden.count))

    private fun open(artifact: String? = "tflite/fp32") = EdgeModel.open(folder, artifact)

    private fun bitmap(config: Bitmap.Config): Bitmap {
        val colours = IntArray(image.width * image.height) { place ->
            (0 until 3).fold(0x7F) { colour, channel -> (colour shl 8) or (image.pixels[3 * place + channel].toInt() and 0xFF) }
        }
        return Bitmap.createBitmap(colours, image.width, image.height, config)
    }

    private fun refusal(action: () -> Unit): String =
        assertThrows(EdgeException::class.java) { action() }.message.orEmpty()

    @Test
    fun aClassifierGivesItsLikeliestClasses() {
        val expected = topK(golden.outputs.getValue("logits").copyOf(10), 3)
        open().use { model ->
            assertEquals(Task.CLASSIFICATION, model.task)
            val found = model.classify(image, most = 3)
            assertEquals(expected.map { it.index }, found.map { it.index })
            assertEquals(expected.first().probability, found.first().probability, 1e-4f)
            assertEquals(5, model.classify(image).size)
            assertEquals(model.labels?.get(found.first().index), model.nameOf(found.first().index))
            assertEquals("class 10", model.nameOf(10))
        }
    }

    @Test
    fun aBitmapIsItsColours() = open("demo-int8.tflite").use { model ->
        val expected = model.classify(image)
        for (config in Bitmap.Config.entries) assertEquals(expected, model.classify(bitmap(config)))
    }

    @Test
    fun anotherTaskIsRefused() = open().use { model ->
        val expected = "demo-fp32.tflite: is for classification, not for"
        assertEquals("$expected detection", refusal { model.detect(image) })
        assertEquals("$expected segmentation", refusal { model.segment(bitmap(Bitmap.Config.ARGB_8888)) })
    }

    @Test
    fun oneOfSeveralFilesMustBeChosen() {
        assertTrue("holds 4 files for this app" in refusal { open(null).close() })
        assertTrue("holds 0 files that are 'onnx' for this app" in refusal { open("onnx").close() })
    }

    @Test
    fun whatIsClosedIsUsedNoMore() {
        val model = open()
        model.close()
        refusal { model.classify(image) }
    }
}
