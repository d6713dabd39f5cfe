package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class OutputReaderTest {
    private val exports = JSONObject(Resource.unzipped("exports.json.gz").toString(Charsets.UTF_8))

    private fun manifest(name: String) = Manifest.parse(exports.getJSONObject(name).toString())

    private fun models(manifest: Manifest) = manifest.artifacts.map {
        ModelFile(File(it.path), checkNotNull(Format.of(it.path)), checkNotNull(it.input), it.outputs)
    }

    @Test
    fun classesOfTheFirstImageAreRead() {
        val manifest = manifest("tflite-int8-io")
        val model = models(manifest).single()
        val values = FloatArray(15) { if (it == 3 || it == 7) 9f else 0f }
        val found = OutputReader.of(manifest, model).read(listOf(values), Size(9, 9)) as Findings.Classes
        assertEquals(listOf(3, 0, 1, 2, 4), found.scores.map { it.index })
    }

    /** One object, which is the same whether a file gives maps in either order, or boxes. */
    @Test
    fun objectsAreInPixelsOfTheImage() {
        val manifest = manifest("detection")
        val image = Size(128, 96)
        val (boxes, maps) = models(manifest).partition { it.outputs.size == 2 }
        // Class 2 of the square anchor of 32 pixels about (32, 24).
        val (place, kind) = 3 * 12 + 4 to 3
        val found = maps.map { model -> read(manifest, model, image, model.outputs.map { mark(it, place, kind) }) }
        val (centre, half) = floatArrayOf(32f, 24f) to 16f
        val expected = listOf(centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half)
        for (one in found) {
            val detection = one.objects.single()
            assertEquals(image, one.image)
            assertEquals(2, detection.index)
            assertEquals(0.5f, detection.score)
            // The letterbox makes the image half as large.
            val sides = listOf(detection.left, detection.top, detection.right, detection.bottom)
            assertEquals(expected.map { it * 2 }, sides)
        }
        val corners = FloatArray(1161 * 4)
        expected.forEachIndexed { side, value -> corners[4 * (place * 9 + kind) + side] = value }
        val scores = FloatArray(1161 * 5).also { it[5 * (place * 9 + kind) + 2] = 0.5f }
        for (model in boxes) assertEquals(found.first(), read(manifest, model, image, listOf(corners, scores)))
        assertEquals(7, boxes.size + maps.size)
    }

    private fun read(manifest: Manifest, model: ModelFile, image: Size, outputs: List<FloatArray>) =
        OutputReader.of(manifest, model).read(outputs, image) as Findings.Objects

    /** Values of an output in which class 2 of one anchor is found. */
    private fun mark(output: TensorSpec, place: Int, kind: Int): FloatArray {
        val values = FloatArray(output.size) { if (output.name.startsWith("class")) -9f else 0f }
        val channel = kind * 5 + 2
        if (output.name != "class_logits_p3") return values
        val index = if (output.layout == Layout.NHWC) place * 45 + channel else channel * 96 + place
        return values.also { it[index] = 0f }
    }

    @Test
    fun labelsAreOfTheImageOrOfAtMostTheInputsSize() {
        val manifest = manifest("segmentation")
        for (model in models(manifest)) {
            val output = model.outputs.single()
            val values = FloatArray(output.size) { index ->
                val channel = if (output.layout == Layout.NHWC) index % 5 else index / 384
                if (channel == 4) 1f else 0f
            }
            for ((image, expected) in listOf(Size(60, 90) to Size(60, 90), Size(640, 960) to Size(64, 96))) {
                val found = OutputReader.of(manifest, model).read(listOf(values), image) as Findings.Labels
                assertEquals(expected, found.map.size)
                assertEquals(listOf(Region(4, 1.0)), found.regions)
                assertArrayEquals(ByteArray(found.map.labels.size) { 4 }, found.map.labels)
            }
        }
    }

    @Test
    fun anUnknownTaskIsRefused() {
        val json = exports.getJSONObject("segmentation")
        assertRefused("the task 'pose' is unknown") {
            Manifest.parse(JSONObject(json.toString()).put("task", "pose").toString())
        }
        val outputs = JSONArray("""[{"name": "logits", "shape": [5, 16, 23], "layout": "CHW"}]""")
        assertRefused("at a quarter of 64 x 96") {
            Manifest.parse(JSONObject(json.toString()).put("outputs", outputs).toString())
        }
        assertTrue(manifest("segmentation").outputs.isNotEmpty())
    }
}
