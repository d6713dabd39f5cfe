package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import java.io.File

/** A manifest's text, and whether Python reads it. */
class ManifestCase(json: JSONObject) {
    val name: String = json.getString("name")
    val text: String = json.getString("text")
    private val python = json.getBoolean("reads")

    /** The app decides as Python does, unless there is a reason. */
    val reads: Boolean = python == json.isNull("difference")

    override fun toString(): String = name
}

class GoldenManifestsTest {
    @TempDir
    lateinit var folder: File

    @ParameterizedTest
    @MethodSource("cases")
    fun theAppDecidesAsPythonDoes(case: ManifestCase) {
        fill(folder)
        File(folder, Manifest.FILE_NAME).writeText(case.text)
        val message = refusal { Bundle.open(folder) }
        assertEquals(case.reads, message == null, message)
        if (message != null) assertOneLine(message)
    }

    @Test
    fun bothVerdictsAreThere() {
        val (good, bad) = cases().partition { it.reads }
        assertTrue(good.size >= 10)
        assertTrue(bad.size >= 100)
    }

    @Test
    fun aGoodOneIsReadAsItIs() {
        fill(folder)
        File(folder, Manifest.FILE_NAME).writeText(cases().first { it.name == "nothing is wrong" }.text)
        val bundle = Bundle.open(folder)
        assertEquals("model", bundle.manifest.name)
        assertFalse(bundle.manifest.fitForAccuracy)
        assertEquals(listOf("cat", "dog"), bundle.labels())
        assertEquals(listOf("tflite", "onnx", "coreml"), bundle.manifest.artifacts.map { it.format })
        val model = bundle.models.single()
        assertEquals("int8", model.artifact.precision)
        assertEquals(Format.TFLITE, model.file.format)
        assertEquals(File(folder, "model-int8.tflite"), model.file.file)
        assertEquals(
            TensorSpec("image", listOf(1, 32, 32, 3), ElementType.INT8, Layout.NHWC, Quantization(0.02f, -5)),
            model.file.input,
        )
        assertEquals(Layout.NK, model.file.outputs.single().layout)
        assertEquals(Size(34, 34), bundle.manifest.preprocessing.resize)
        assertEquals(listOf(Output("logits", listOf(2), "K")), bundle.manifest.outputs)
        assertEquals(Task.CLASSIFICATION, bundle.manifest.task)
    }

    private companion object {
        private val document = JSONObject(Resource.unzipped("manifests.json.gz").toString(Charsets.UTF_8))

        @JvmStatic
        fun cases(): List<ManifestCase> {
            val cases = document.getJSONArray("cases")
            return (0 until cases.length()).map { ManifestCase(cases.getJSONObject(it)) }
        }

        fun fill(folder: File) {
            val contents = document.getJSONObject("contents")
            for (path in contents.keys()) {
                val file = File(folder, path)
                file.parentFile?.mkdirs()
                file.writeText(contents.getString(path))
            }
        }
    }
}
