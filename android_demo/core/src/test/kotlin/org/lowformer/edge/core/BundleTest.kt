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

    private fun tensor(name: String, layout: String, vararg shape: Int) = JSONObject()
        .put("name", name)
        .put("shape", JSONArray(shape.toList()))
        .put("dtype", "float32")
        .put("layout", layout)

    private fun artifact(path: String, options: JSONObject, input: JSONObject, output: JSONObject) = JSONObject()
        .put("file", record(path))
        .put("format", if (path.endsWith(".pte")) "executorch" else "tflite")
        .put("precision", "fp32")
        .put("spec", JSONObject("""{"version": 2, "input": "tensor", "output": "logits"}""").put("options", options))
        .put("inputs", JSONArray().put(input))
        .put("outputs", JSONArray().put(output))
        .put("ops", JSONObject())

    /** A bundle of three models with two classes, of which this app runs two. */
    private fun write(labels: String = "cat\ndog\n", change: (JSONObject) -> Unit = {}) {
        folder.mkdirs()
        for (name in listOf("m.tflite", "m.pte", "v.pte")) File(folder, name).writeText(name)
        File(folder, "labels.txt").writeText(labels)
        NumpyFile.golden(File(folder, "golden.npz"), 4, 8, 2)
        val nchw = tensor("image", "NCHW", 1, 3, 8, 8)
        val logits = tensor("logits", "NK", 1, 2)
        fun backend(name: String) = JSONObject().put("backend", name)
        val rows = tensor("image", "NHWC", 1, 8, 8, 3)
        val artifacts = JSONArray()
            .put(artifact("m.tflite", JSONObject(), rows, tensor("logits", "NK", 1, 2)))
            .put(artifact("m.pte", backend("xnnpack"), nchw, logits))
            .put(artifact("v.pte", backend("vulkan"), nchw, logits))
        val manifest = JSONObject(SampleManifest.EMPTY)
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
        assertEquals(listOf(4, 8, 8), listOf(golden.count, golden.height, golden.width))
        assertEquals(4 * 8 * 8 * 3, golden.pixels.size)
        assertArrayEquals(FloatArray(8) { it / 4f }, golden.outputs["logits"])
    }

    @Test
    fun aModelIsFoundByWhatItIsCalled() {
        write()
        val bundle = Bundle.open(folder)
        for (wanted in listOf("tflite", "tflite/fp32", "m.tflite")) {
            assertEquals("m.tflite", bundle.model(wanted).artifact.path)
        }
        assertEquals("m.pte", bundle.model("executorch").artifact.path)
        for (wanted in listOf("fp32", null)) {
            assertRefused("holds 2 files") { bundle.model(wanted) }
        }
        // Of the two for ExecuTorch, this app runs one.
        assertRefused("holds 0 files that are 'v.pte' for this app; it has m.tflite, m.pte") { bundle.model("v.pte") }
    }

    private fun first(manifest: JSONObject) = manifest.getJSONArray("artifacts").getJSONObject(0)

    private fun part(manifest: JSONObject, list: String) = first(manifest).getJSONArray(list).getJSONObject(0)

    /** Writes a bundle whose first file is changed, and opens it. */
    private fun opened(change: (JSONObject) -> Unit): Bundle {
        write(change = change)
        return Bundle.open(folder)
    }

    @Test
    fun filesThatTakeImagesAreRead() {
        val bundle = opened {
            first(it).getJSONObject("spec").put("input", "image")
            part(it, "inputs").put("dtype", "uint8")
        }
        assertEquals(ElementType.UINT8, bundle.models.first().file.input.type)
        assertRefused("is of float32, which is not what the input 'image' is of") {
            opened { first(it).getJSONObject("spec").put("input", "image") }
        }
        assertRefused("is of uint8, which is not what the input 'tensor' is of") {
            opened { part(it, "inputs").put("dtype", "uint8") }
        }
        assertRefused("spec.input: 'video' is unknown") {
            opened { first(it).getJSONObject("spec").put("input", "video") }
        }
    }

    @Test
    fun filesThatGiveProbabilitiesAreRead() {
        val bundle = opened {
            first(it).getJSONObject("spec").put("output", "probabilities")
            part(it, "outputs").put("name", "probabilities")
        }
        assertEquals(listOf(true, false), bundle.models.map { it.file.givesProbabilities })
        assertRefused("outputs are called 'logits', not 'probabilities'") {
            opened { first(it).getJSONObject("spec").put("output", "probabilities") }
        }
        assertRefused("outputs are called 'odds', not 'logits'") { opened { part(it, "outputs").put("name", "odds") } }
        assertRefused("spec.output: 'odds' is unknown for classification") {
            opened { first(it).getJSONObject("spec").put("output", "odds") }
        }
        assertRefused("[1, 3] is not [2] for each image") {
            opened { part(it, "outputs").put("shape", JSONArray(listOf(1, 3))) }
        }
        assertRefused("is not of 1 images, as the input") {
            opened { part(it, "outputs").put("shape", JSONArray(listOf(2, 2))) }
        }
    }

    /** What the app does not run may leave dimensions open. */
    @Test
    fun openDimensionsAreRefusedInFilesThatRun() {
        val open = JSONArray(listOf(JSONObject.NULL, 3, 8, 8))
        fun input(manifest: JSONObject, number: Int) =
            manifest.getJSONArray("artifacts").getJSONObject(number).getJSONArray("inputs").getJSONObject(0)
        assertEquals(2, opened { manifest -> reread(manifest).also { input(it, 2).put("shape", open) } }.models.size)
        assertRefused("the shape [null, 3, 8, 8] leaves one open") {
            opened { manifest -> reread(manifest).also { input(it, 1).put("shape", open) } }
        }
    }

    /** Gives each file an input of its own, which programs share otherwise. */
    private fun reread(manifest: JSONObject): JSONObject =
        manifest.put("artifacts", JSONArray(manifest.getJSONArray("artifacts").toString()))

    @Test
    fun otherSchemasAreRefusedInOneLine() {
        assertRefused(
            "manifest.json: has schema version 1, this app reads 2; export again, or use the app of the version that" +
                " wrote it",
        ) { opened { it.put("schema_version", 1) } }
        assertRefused("has schema version '2', this app reads 2") { opened { it.put("schema_version", "2") } }
        assertRefused("has schema version null") { opened { it.remove("schema_version") } }
    }

    @Test
    fun otherTasksAreRefused() {
        assertRefused(
            "manifest.json: the task 'tracking' is unknown; this app knows classification, detection, segmentation",
        ) { opened { it.put("task", "tracking") } }
        assertRefused("a detector has class_logits and box_deltas") { opened { it.put("task", "detection") } }
        assertRefused("a segmenter has one, a map of 1 to 255 classes at a quarter of 8 x 8") {
            opened { it.put("task", "segmentation") }
        }
        assertRefused("task must be a text") { opened { it.put("task", 1) } }
        for (outputs in listOf("[]", """[{"name": "a", "shape": [2, 2], "layout": "K"}]""", TWO_OUTPUTS)) {
            assertRefused("a classifier has one") { opened { it.put("outputs", JSONArray(outputs)) } }
        }
    }

    /** Height and width are told apart. */
    @Test
    fun aRectangleIsRead() {
        val change = { manifest: JSONObject ->
            manifest.getJSONObject("preprocessing").put("width", 6).put("resize", JSONArray(listOf(8, 6)))
            manifest.put("artifacts", JSONArray().put(first(manifest)))
            part(manifest, "inputs").put("shape", JSONArray(listOf(1, 8, 6, 3)))
            Unit
        }
        val bundle = opened(change)
        assertEquals(Size(8, 6), bundle.manifest.preprocessing.size)
        assertRefused("golden.npz: its images are not 8 x 6 pixels") { bundle.golden() }
        NumpyFile.golden(File(folder, "golden.npz"), 4, 8, 2, width = 6)
        assertEquals(6, bundle.golden().width)
        assertRefused("is not RGB images of 8 x 6 pixels") {
            opened {
                change(it)
                part(it, "inputs").put("shape", JSONArray(listOf(1, 6, 8, 3)))
            }
        }
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
        assertRefused("the model has 2") { Bundle.open(folder).labels() }
    }

    @Test
    fun goldenVectorsOfOtherModelsAreRefused() {
        write()
        val bundle = Bundle.open(folder)
        NumpyFile.golden(File(folder, "golden.npz"), 4, 9, 2)
        assertRefused("golden.npz: its images are not 8 x 8 pixels") { bundle.golden() }
        NumpyFile.golden(File(folder, "golden.npz"), 4, 8, 3)
        assertRefused("its 'logits' have the shape [4, 3], not [4, 2]") { bundle.golden() }
    }

    private companion object {
        const val TWO_OUTPUTS =
            """[{"name": "a", "shape": [2], "layout": "K"}, {"name": "b", "shape": [2], "layout": "K"}]"""
    }
}
