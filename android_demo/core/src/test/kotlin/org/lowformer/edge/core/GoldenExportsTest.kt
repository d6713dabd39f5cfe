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
        assertEquals(5, manifest.classes)
        assertTrue(manifest.artifacts.isNotEmpty())
        val expected = name.startsWith("tflite") || name in RUNNABLE
        assertEquals(expected, runnable.isNotEmpty())
        val isClassifier = manifest.task == Task.CLASSIFICATION
        assertEquals(if (isClassifier) Size(64, 64) else Size(64, 96), manifest.preprocessing.size)
        for (artifact in runnable) {
            if (isClassifier) assertEquals(listOf(listOf(artifact.input?.batch, 5)), artifact.outputs.map { it.shape })
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
        assertEquals(ElementType.INT8, integers.outputs.single().type)
        assertEquals(listOf(3, 64, 64, 3), integers.input?.shape)
        assertEquals(4, runnable("several").size)
        assertEquals(ElementType.UINT8, runnable("tflite-image").single().input?.type)
        assertEquals(ElementType.UINT8, runnable("executorch-image").single().input?.type)
        assertEquals("probabilities", runnable("tflite-probabilities").single().outputs.single().name)
    }

    @Test
    fun outputsOfDetectorsAreInTheFilesOrder() {
        val manifest = Manifest.parse(document.getJSONObject("detection").toString())
        assertEquals(Task.DETECTION, manifest.task)
        val names = (3..7).flatMap { listOf("class_logits_p$it", "box_deltas_p$it") }
        val (boxes, maps) = runnable("detection").partition { it.outputs.size == 2 }
        for (artifact in maps) assertEquals(names, artifact.outputs.map { it.name })
        assertEquals(List(2) { listOf("boxes", "scores") }, boxes.map { artifact -> artifact.outputs.map { it.name } })
        assertEquals(listOf(listOf(1, 1161, 4), listOf(1, 1161, 5)), boxes.first().outputs.map { it.shape })
        assertEquals(5, maps.size)
    }

    @Test
    fun outputsOfSegmentersAreMaps() {
        val found = runnable("segmentation").map { it.outputs.single() }
        assertEquals(listOf(Layout.NHWC, Layout.NHWC, Layout.NHWC, Layout.NCHW, Layout.NCHW), found.map { it.layout })
        assertEquals(setOf(listOf(5, 16, 24)), found.map { it.perImage }.toSet())
    }

    /** The property lists folders of real bundles, as a path does. */
    @Test
    fun realBundlesAreRead() {
        val folders = System.getProperty("lowformer.bundles").orEmpty()
        assumeTrue(folders.isNotEmpty(), "no bundles are given: -Dlowformer.bundles=FOLDER:FOLDER")
        for (folder in folders.split(File.pathSeparator)) {
            val bundle = Bundle.open(File(folder))
            val golden = bundle.golden()
            assertEquals(bundle.manifest.outputs.map { it.name }, golden.outputs.keys.toList())
            assertTrue(bundle.labels()?.size in listOf(null, bundle.manifest.classes)) { folder }
        }
    }

    private fun runnable(name: String) =
        Manifest.parse(document.getJSONObject(name).toString()).artifacts.filter { it.input != null }

    private companion object {
        private val document = JSONObject(Resource.unzipped("exports.json.gz").toString(Charsets.UTF_8))
        private val RUNNABLE =
            setOf("executorch-xnnpack", "executorch-image", "several", "detection", "segmentation")

        @JvmStatic
        fun names(): List<String> = document.keys().asSequence().toList()
    }
}
