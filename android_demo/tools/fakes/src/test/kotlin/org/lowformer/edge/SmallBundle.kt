package org.lowformer.edge

import java.io.ByteArrayOutputStream
import java.io.File
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.digestOf

/** A bundle of files of a few bytes, as the fakes of runtimes take them. */
internal class SmallBundle(
    private val task: String = "classification",
    private val layout: String = "K",
    private val outputs: Map<String, List<Int>> = mapOf("logits" to listOf(CLASSES)),
    private val type: String = "float32",
    private val files: List<String> = FILES,
    private val resize: String = "crop",
    private val isGolden: Boolean = true,
) {
    /** Writes it into a folder, and returns that. */
    fun write(folder: File): File {
        folder.mkdirs()
        val tensors = outputs.map { (name, shape) -> tensor(name, listOf(1) + shape, "N$layout") }
        val golden = File(folder, "golden.npz")
        if (isGolden) writeGolden(golden, SIDE, outputs) else golden.writeText("golden")
        val artifacts = files.map { path ->
            val file = File(folder, path)
            file.writeText(header(path) + shapes().padEnd(LONG))
            JSONObject()
                .put("file", record(file))
                .put("format", if (path.endsWith(".pte")) "executorch" else "tflite")
                .put("precision", precision(path))
                .put("spec", spec())
                .put("inputs", JSONArray(listOf(tensor("image", INPUT, "NHWC", type))))
                .put("outputs", JSONArray(tensors))
                .put("ops", JSONObject())
        }
        File(folder, "manifest.json").writeText(manifest(artifacts, record(golden)).toString())
        return folder
    }

    /** What a zip of it holds. */
    fun zip(folder: File, within: String = ""): ByteArray {
        val content = ByteArrayOutputStream()
        ZipOutputStream(content).use { zip ->
            for (file in write(folder).listFiles().orEmpty()) {
                zip.putNextEntry(ZipEntry(within + file.name))
                zip.write(file.readBytes())
                zip.closeEntry()
            }
        }
        return content.toByteArray()
    }

    /** Eight bytes, of which the last four say what it is. */
    private fun header(path: String) = precision(path).padEnd(4) + if (path.endsWith(".pte")) "ET12" else "TFL3"

    private fun precision(path: String) = path.substringAfter('-').substringBefore('.')

    private fun spec() = JSONObject()
        .put("version", 2).put("input", if (type == "uint8") "image" else "tensor").put("output", "logits")

    private fun shapes() =
        (listOf(INPUT) + outputs.values.map { listOf(1) + it }).joinToString(" ") { it.joinToString("x") }

    private fun manifest(artifacts: List<JSONObject>, golden: JSONObject) = JSONObject()
        .put("schema_version", 2)
        .put("name", "small")
        .put("task", task)
        .put("model", JSONObject().put("num_classes", 2))
        .put("machine", JSONObject())
        .put("toolchain", JSONObject())
        .put("source", JSONObject().put("name", "x").put("sha256", JSONObject.NULL).put("fit_for_accuracy", true))
        .put("preprocessing", preprocessing())
        .put("preprocessing_sources", JSONObject())
        .put(
            "outputs",
            JSONArray(
                outputs.map { (name, shape) ->
                    JSONObject().put("name", name).put("shape", JSONArray(shape)).put("layout", layout)
                },
            ),
        )
        .put("labels", JSONObject.NULL)
        .put("classes_source", JSONObject.NULL)
        .put("golden", golden)
        .put("artifacts", JSONArray(artifacts))
        .put("calibration", JSONObject.NULL)

    private fun preprocessing() = JSONObject()
        .put("height", SIDE).put("width", SIDE).put("resize", JSONArray(listOf(SIDE, SIDE)))
        .put("resize_mode", resize).put("crop_ratio", 1).put("interpolation", "bilinear")
        .put("padding", JSONArray(listOf(0, 0, 0))).put("padding_place", "around")
        .put("mean", JSONArray(listOf(0.5, 0.5, 0.5))).put("std", JSONArray(listOf(0.5, 0.5, 0.5)))

    private fun tensor(name: String, shape: List<Int>, layout: String, type: String = "float32") = JSONObject()
        .put("name", name).put("shape", JSONArray(shape)).put("dtype", type).put("layout", layout)
        .put("quantization", if (type == "int8") JSONObject().put("scale", 0.01).put("zero_point", 0) else JSONObject.NULL)

    private fun record(file: File) =
        JSONObject().put("path", file.name).put("sha256", digestOf(file)).put("bytes", file.length())

    companion object {
        const val CLASSES = 5
        const val SIDE = 4
        val INPUT = listOf(1, SIDE, SIDE, 3)
        val FILES = listOf("small-fp32.tflite", "small-int8.tflite", "small-fp32.pte")

        /** Longer than any header. */
        private const val LONG = 64
    }
}
