package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import java.io.File

/** What `lowformer-export` wrote, of every format, backend and precision. */
class GoldenExportsTest {
    @ParameterizedTest
    @MethodSource("names")
    fun everyManifestIsRead(name: String) {
        val manifest = Manifest.parse(document.getJSONObject(name).toString())
        val runnable = manifest.artifacts.filter { it.input != null }
        assertEquals("slight", manifest.name)
        assertEquals(Size(64, 64), manifest.preprocessing.size)
        assertTrue(manifest.artifacts.isNotEmpty())
        val expected = name.startsWith("tflite") || name in setOf("executorch-xnnpack", "executorch-image", "several")
        assertEquals(expected, runnable.isNotEmpty())
        for (artifact in runnable) {
            assertEquals(listOf(artifact.input?.batch, 5), artifact.output?.shape)
            assertTrue(artifact.format == "tflite" || artifact.format == "executorch")
        }
    }

    @Test
    fun allThatRunsIsOffered() {
        val precisions = listOf("fp32", "fp16", "int8", "int8-dynamic", "int8-weights")
        assertEquals(precisions, runnable("tflite").map { it.precision })
        assertEquals(listOf("fp32", "fp16", "int8", "int8-dynamic"), runnable("executorch-xnnpack").map { it.precision })
        val integers = runnable("tflite-int8-io").single()
        assertEquals(ElementType.INT8, integers.input?.type)
        assertEquals(ElementType.INT8, integers.output?.type)
        assertEquals(listOf(3, 64, 64, 3), integers.input?.shape)
        assertEquals(4, runnable("several").size)
        assertEquals(ElementType.UINT8, runnable("tflite-image").single().input?.type)
        assertEquals(ElementType.UINT8, runnable("executorch-image").single().input?.type)
        assertEquals("probabilities", runnable("tflite-probabilities").single().output?.name)
    }

    /** The property lists folders of real bundles, as a path does. */
    @Test
    fun realBundlesAreRead() {
        val folders = System.getProperty("lowformer.bundles").orEmpty()
        assumeTrue(folders.isNotEmpty(), "no bundles are given: -Dlowformer.bundles=FOLDER:FOLDER")
        for (folder in folders.split(File.pathSeparator)) {
            val bundle = Bundle.open(File(folder))
            val golden = bundle.golden()
            val classes = bundle.models.map { it.file.output.shape[1] }.toSet()
            assertTrue(classes.isEmpty() || classes == setOf(golden.classes)) { folder }
            assertTrue(bundle.labels()?.size in listOf(null, golden.classes)) { folder }
        }
    }

    private fun runnable(name: String) =
        Manifest.parse(document.getJSONObject(name).toString()).artifacts.filter { it.input != null }

    private companion object {
        private val document = JSONObject(Resource.unzipped("exports.json.gz").toString(Charsets.UTF_8))

        @JvmStatic
        fun names(): List<String> = document.keys().asSequence().toList()
    }
}
