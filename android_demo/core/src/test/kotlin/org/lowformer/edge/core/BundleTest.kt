package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.File
import java.io.RandomAccessFile
import java.nio.file.Files

class BundleTest {
    @TempDir
    lateinit var temporary: File

    private val folder get() = File(temporary, "bundle")

    private fun record(path: String) = JSONObject()
        .put("path", path)
        .put("sha256", digestOf(File(folder, path)))
        .put("bytes", sizeOf(File(folder, path)))

    private fun tensor(layout: String, vararg shape: Int) = JSONObject()
        .put("name", "x")
        .put("shape", JSONArray(shape.toList()))
        .put("dtype", "float32")
        .put("layout", layout)

    private fun artifact(path: String, backend: String, input: JSONObject, output: JSONObject) = JSONObject()
        .put("file", record(path))
        .put("target", if (path.endsWith(".pte")) "executorch" else "tflite")
        .put("precision", "fp32")
        .put("spec", JSONObject().put("backend", backend))
        .put("inputs", JSONArray().put(input))
        .put("outputs", JSONArray().put(output))
        .put("ops", JSONObject())

    /** A bundle of three models with two classes, of which this app runs two. */
    private fun write(labels: String = "cat\ndog\n", change: (JSONObject) -> Unit = {}) {
        folder.mkdirs()
        for (name in listOf("m.tflite", "m.pte", "v.pte")) File(folder, name).writeText(name)
        File(folder, "labels.txt").writeText(labels)
        NumpyFile.golden(File(folder, "golden.npz"), 4, 8, 2)
        val nchw = tensor("NCHW", 1, 3, 8, 8)
        val logits = tensor("NC", 1, 2)
        val artifacts = JSONArray()
            .put(artifact("m.tflite", "xnnpack", tensor("NHWC", 1, 8, 8, 3), tensor("NK", 1, 2)))
            .put(artifact("m.pte", "xnnpack", nchw, logits))
            .put(artifact("v.pte", "vulkan", nchw, logits))
        val manifest = JSONObject(
            """{"schema_version": 1, "name": "small", "model": {}, "source": {"fit_for_accuracy": true},
                "calibration": null, "preprocessing": {"resize": 8, "size": 8, "crop_ratio": 1.0,
                "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}, "machine": {}, "toolchain": {}}""",
        )
        manifest.put("labels", record("labels.txt")).put("golden", record("golden.npz")).put("artifacts", artifacts)
        change(manifest)
        File(folder, Manifest.FILE_NAME).writeText(manifest.toString())
    }

    @Test
    fun aBundleIsRead() {
        write()
        val bundle = Bundle.open(folder)
        assertEquals(listOf("cat", "dog"), bundle.labels())
        assertEquals(listOf("m.tflite", "m.pte"), bundle.models.map { it.artifact.path })
        assertEquals(listOf(Format.TFLITE, Format.EXECUTORCH), bundle.models.map { it.file.format })
        assertEquals(listOf(Layout.NHWC, Layout.NCHW), bundle.models.map { it.file.input.layout })
        assertEquals(3, bundle.manifest.artifacts.size)
        val golden = bundle.golden()
        assertEquals(listOf(4, 8, 8, 2), listOf(golden.count, golden.height, golden.width, golden.classes))
        assertEquals(4 * 8 * 8 * 3, golden.pixels.size)
        assertArrayEquals(FloatArray(8) { it / 4f }, golden.logits)
    }

    @Test
    fun labelsMayBeUnknown() {
        write { it.put("labels", JSONObject.NULL) }
        assertNull(Bundle.open(folder).labels())
    }

    @Test
    fun whatIsNoBundleIsRefused() {
        assertRefused("not a bundle") { Bundle.open(File(temporary, "absent")) }
        folder.mkdirs()
        assertRefused("not a bundle") { Bundle.open(folder) }
        File(folder, Manifest.FILE_NAME).mkdirs()
        assertRefused("not a bundle") { Bundle.open(folder) }
    }

    @ParameterizedTest
    @ValueSource(strings = ["m.tflite", "v.pte", "labels.txt", "golden.npz"])
    fun everyFileIsChecked(name: String) {
        write()
        val file = File(folder, name)
        val content = file.readBytes()
        file.writeBytes(content + 0)
        assertRefused("'$name': is not ${content.size} bytes long") { Bundle.open(folder) }
        file.writeBytes(content.also { it[0]++ })
        assertRefused("'$name': differs from its hash") { Bundle.open(folder) }
        file.delete()
        assertRefused("'$name': the manifest names it, but it is missing") { Bundle.open(folder) }
        file.mkdirs()
        assertRefused(name) { Bundle.open(folder) }
    }

    @Test
    fun linksOutOfTheFolderAreRefused() {
        write()
        val outside = File(temporary, "outside.npz")
        val golden = File(folder, "golden.npz")
        golden.renameTo(outside)
        Files.createSymbolicLink(golden.toPath(), outside.toPath())
        assertRefused("leads out of the bundle's folder") { Bundle.open(folder) }
        golden.delete()
        outside.renameTo(File(folder, "moved.npz"))
        Files.createSymbolicLink(golden.toPath(), File("moved.npz").toPath())
        assertEquals(4, Bundle.open(folder).golden().count)
    }

    @Test
    fun aBundleBehindALinkIsRead() {
        write()
        val link = File(temporary, "link")
        Files.createSymbolicLink(link.toPath(), folder.toPath())
        assertEquals("small", Bundle.open(link).manifest.name)
    }

    @Test
    fun aFolderBesideWithALongerNameIsOutside() {
        write { it.getJSONObject("golden").put("path", "link/golden.npz") }
        val beside = File(temporary, "bundle-2")
        beside.mkdirs()
        File(beside, "golden.npz").writeText("x")
        Files.createSymbolicLink(File(folder, "link").toPath(), beside.toPath())
        assertRefused("leads out") { Bundle.open(folder) }
    }

    @Test
    fun manifestsBeyondMeasureAreRefused() {
        write()
        RandomAccessFile(File(folder, Manifest.FILE_NAME), "rw").use { it.setLength(100_000_000) }
        assertRefused("100000000 bytes are too many") { Bundle.open(folder) }
    }

    @Test
    fun manifestsThatAreNoTextAreRefused() {
        write()
        val file = File(folder, Manifest.FILE_NAME)
        file.writeBytes(byteArrayOf('"'.code.toByte(), 0xFF.toByte()) + file.readBytes())
        assertRefused("not UTF-8") { Bundle.open(folder) }
    }

    @ParameterizedTest
    @ValueSource(strings = ["cat\n", "cat\ndog\neel\n"])
    fun labelsOfOtherModelsAreRefused(labels: String) {
        write(labels)
        assertRefused("a model has 2") { Bundle.open(folder).labels() }
    }

    @Test
    fun goldenVectorsOfOtherModelsAreRefused() {
        write()
        val bundle = Bundle.open(folder)
        NumpyFile.golden(File(folder, "golden.npz"), 4, 9, 2)
        assertRefused("golden.npz: its images are not 8 x 8 pixels") { bundle.golden() }
        NumpyFile.golden(File(folder, "golden.npz"), 4, 8, 3)
        assertRefused("golden.npz: has 3 classes, and a model has 2") { bundle.golden() }
    }
}
