package org.lowformer.edge.lab

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipOutputStream
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.digestOf

/** A job in a folder, of files that say nothing, and the phone that does it. */
class TestJob(root: File, private val batch: Int = 2) {
    val folder = File(root, "0123456789abcdef").apply { mkdirs() }
    val answers = File(root, "answers")
    val clock = StillClock()
    val phone = CalmPhone()
    val memory = CountedMemory()
    val factory = LinearFactory(clock)
    var cancelled: String? = null
    val steps = ArrayList<Step>()
    val loaded = ArrayList<String>()
    val json: JSONObject = JSONObject().put("protocol", 3).put("files", JSONArray()).put("requests", JSONArray())
    val pixels = ByteArray(IMAGES * AREA) { (it * 37 % 251).toByte() }

    init {
        file("0/a.tflite")
        file("0/b.tflite")
        File(folder, "pixels.raw").writeBytes(pixels)
    }

    fun file(path: String): JSONObject {
        val target = File(folder, path)
        target.parentFile?.mkdirs()
        target.writeText("the file $path")
        val record = JSONObject()
            .put("path", path)
            .put("sha256", digestOf(target))
            .put("bytes", target.length())
            .put("input", tensor("image", listOf(batch, SIDE, SIDE, 3), "NHWC"))
            .put("outputs", JSONArray(listOf(tensor("logits", listOf(batch, CLASSES), "NK"))))
        json.getJSONArray("files").put(record)
        return record
    }

    fun request(task: String, vararg files: Int): JSONObject {
        val request = JSONObject()
            .put("task", task)
            .put("files", JSONArray(files.toList()))
            .put("threads", 1)
            .put("accelerator", "cpu")
            .put("timeout_s", 600)
        when (task) {
            "run" -> request
                .put("preprocessing", preprocessing())
                .put("pixels", array("pixels.raw", listOf(IMAGES, SIDE, SIDE, 3)))
            "check" -> request.put("bundle", "0")
            "time" -> request.put("rounds", 30).put("first", 0)
            "endurance" -> request.put("seconds", 60)
        }
        json.getJSONArray("requests").put(request)
        return request
    }

    /** Gives a file other outputs: their names, shapes for an image and layouts. */
    fun outputs(number: Int, vararg outputs: Triple<String, List<Int>, String>) {
        val tensors = outputs.map { (name, shape, layout) -> tensor(name, listOf(batch) + shape, layout) }
        json.getJSONArray("files").getJSONObject(number).put("outputs", JSONArray(tensors))
    }

    /** Writes the bundle of a classifier into the folder of the job's files. */
    fun bundle(reference: FloatArray): JSONObject =
        bundle("classification", "K", mapOf("logits" to (listOf(CLASSES) to reference)))

    /** Writes a bundle: its task, the layout of its outputs, and each output's shape for an image and values. */
    fun bundle(task: String, layout: String, outputs: Map<String, Pair<List<Int>, FloatArray>>): JSONObject {
        val golden = File(folder, "0/golden.npz")
        ZipOutputStream(golden.outputStream()).use { zip ->
            zip.addArray("pixels", "|u1", listOf(IMAGES, SIDE, SIDE, 3), pixels)
            for ((name, output) in outputs) {
                zip.addArray(name, "<f4", listOf(IMAGES) + output.first, bytes(output.second))
            }
        }
        val files = json.getJSONArray("files")
        val artifacts = List(files.length()) { index ->
            val file = files.getJSONObject(index)
            JSONObject()
                .put("file", record(file.getString("path").removePrefix("0/"), file))
                .put("format", "tflite")
                .put("precision", "fp32")
                .put("spec", spec(file))
                .put("inputs", JSONArray(listOf(file.getJSONObject("input"))))
                .put("outputs", file.getJSONArray("outputs"))
                .put("ops", JSONObject())
        }
        val stated = JSONObject().put("sha256", digestOf(golden)).put("bytes", golden.length())
        val elsewhere = JSONObject()
            .put("file", record("else.onnx", files.getJSONObject(0)))
            .put("format", "onnx").put("precision", "fp32").put("spec", JSONObject())
            .put("inputs", JSONArray()).put("outputs", JSONArray()).put("ops", JSONObject())
        val manifest = JSONObject()
            .put("schema_version", 2)
            .put("name", "linear")
            .put("task", task)
            .put("model", JSONObject().put("num_classes", 2))
            .put("machine", JSONObject())
            .put("toolchain", JSONObject())
            .put("source", JSONObject().put("name", "x").put("sha256", JSONObject.NULL).put("fit_for_accuracy", true))
            .put("preprocessing", preprocessing())
            .put("preprocessing_sources", JSONObject())
            .put("outputs", JSONArray(outputs.map { (name, output) -> stated(name, output.first, layout) }))
            .put("labels", JSONObject.NULL)
            .put("classes_source", JSONObject.NULL)
            .put("golden", record("golden.npz", stated))
            .put("artifacts", JSONArray(artifacts + elsewhere))
            .put("calibration", JSONObject.NULL)
        write(manifest)
        return manifest
    }

    fun write(manifest: JSONObject) = File(folder, "0/manifest.json").writeText(manifest.toString())

    /** Does a request as the app would, and gives its answer. */
    fun perform(number: Int = 0): JSONObject {
        File(folder, "job.json").writeText(json.toString())
        val surroundings = Surroundings(clock, phone, memory) { 1800.0 }
        val lab = Lab(factory, surroundings, mapOf("app" to "test")) { loaded.add(it.name) }
        val outcome = lab.perform(folder, number, answers, { cancelled }) { steps.add(it) }
        val answer = JSONObject(File(answer(number), "answer.json").readText())
        check(answer.getString("outcome") == outcome.id)
        check(factory.open == 0) { "a file was left open" }
        check(answer(number).listFiles().orEmpty().none { it.name.endsWith(".tmp") })
        return answer
    }

    fun answer(number: Int) = File(answers, "${folder.name}/$number")

    /** An output that an answer tells of. */
    fun output(number: Int, name: String): FloatArray {
        val content = ByteBuffer.wrap(File(answer(number), name).readBytes()).order(ByteOrder.LITTLE_ENDIAN)
        return FloatArray(content.remaining() / Float.SIZE_BYTES).also { content.asFloatBuffer().get(it) }
    }

    /** The logits of the job's images, by the model's own formula. */
    fun expected(): FloatArray = FloatArray(IMAGES * CLASSES) { index ->
        val start = index / CLASSES * AREA
        (0 until AREA).sumOf {
            val pixel = pixels[start + it].toInt() and 0xFF
            LinearFactory.usual(index % CLASSES, it) * ((pixel / 255f - MEAN[it % 3]) / STD[it % 3])
        }.toFloat()
    }

    companion object {
        const val IMAGES = 3
        const val SIDE = 4
        const val CLASSES = 5
        const val AREA = SIDE * SIDE * 3
        val MEAN = listOf(0.5f, 0.25f, 0.125f)
        val STD = listOf(0.25f, 0.5f, 0.75f)

        fun array(file: String, shape: List<Int>): JSONObject =
            JSONObject().put("file", file).put("shape", JSONArray(shape)).put("dtype", "uint8")

        private fun tensor(name: String, shape: List<Int>, layout: String) = JSONObject()
            .put("name", name).put("shape", JSONArray(shape)).put("dtype", "float32").put("layout", layout)
            .put("quantization", JSONObject.NULL)

        private fun preprocessing() = JSONObject()
            .put("height", SIDE).put("width", SIDE).put("resize", JSONArray(listOf(SIDE, SIDE)))
            .put("resize_mode", "crop").put("crop_ratio", 1).put("interpolation", "bicubic")
            .put("padding", JSONArray(listOf(0, 0, 0))).put("padding_place", "around")
            .put("mean", JSONArray(MEAN.map { it.toDouble() })).put("std", JSONArray(STD.map { it.toDouble() }))

        /** What a file was exported as, as far as its input and output tell. */
        private fun spec(file: JSONObject): JSONObject {
            val isImage = file.getJSONObject("input").getString("dtype") == "uint8"
            return JSONObject()
                .put("version", 2)
                .put("input", if (isImage) "image" else "tensor")
                .put("output", kind(file.getJSONArray("outputs").getJSONObject(0).getString("name")))
        }

        private fun kind(name: String) = if (name in setOf("probabilities", "boxes")) name else "logits"

        private fun stated(name: String, shape: List<Int>, layout: String) =
            JSONObject().put("name", name).put("shape", JSONArray(shape)).put("layout", layout)

        private fun record(path: String, of: JSONObject) =
            JSONObject().put("path", path).put("sha256", of.getString("sha256")).put("bytes", of.getLong("bytes"))

        private fun bytes(values: FloatArray): ByteArray {
            val buffer = ByteBuffer.allocate(4 * values.size).order(ByteOrder.LITTLE_ENDIAN)
            buffer.asFloatBuffer().put(values)
            return buffer.array()
        }
    }
}
