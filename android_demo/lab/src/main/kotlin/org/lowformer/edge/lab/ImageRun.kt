package org.lowformer.edge.lab

import java.io.File
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Preprocessing
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RunnerFactory
import org.lowformer.edge.core.RuntimeDescription
import org.lowformer.edge.core.Size
import org.lowformer.edge.core.TensorSpec

/**
 * Images for files to run.
 *
 * @property pixels uint8 [count, height, width, 3], resized, and cropped or padded.
 */
internal class Images(val count: Int, val height: Int, val width: Int, val pixels: ByteArray) {
    private val area: Int get() = height * width * RgbImage.CHANNELS

    /** A file's input of the images from [start] on; what is missing to a batch is zeros. */
    fun batch(start: Int, input: TensorSpec, preprocessing: Preprocessing): ModelInput {
        val here = minOf(input.batch, count - start)
        val some = pixels.copyOfRange(start * area, (start + here) * area)
        return ModelInput.of(some, here, input, preprocessing)
    }

    /** @throws EdgeException the file takes images of another size. */
    fun fit(file: JobFile) {
        val input = file.model.input
        val size = Size(height, width)
        if (!input.takesImages(size)) {
            throw EdgeException("${file.name}: takes ${input.shape}, not images of $size pixels")
        }
    }
}

/**
 * What became of a file that was to run images.
 *
 * @property failure why it did not run, or null.
 * @property half whether the accelerator computed in half precision, where it was allowed to.
 * @property logits float32 [N, K], or null.
 */
internal class FileRun(
    val file: JobFile,
    val failure: String?,
    val description: RuntimeDescription?,
    val half: Boolean?,
    val logits: FloatArray?,
) {
    /** As it lies in an answer. */
    fun toJson(): JSONObject = JSONObject()
        .put("failure", failure ?: JSONObject.NULL)
        .put("runtime", description?.runtime ?: JSONObject.NULL)
        .put("device", description?.device ?: JSONObject.NULL)
        .put("is_software", false)
        .put("half", half ?: JSONObject.NULL)
        .put("residency", JSONObject.NULL)
}

/** Runs images through files, one file after the other; what keeps one from running is part of its result. */
internal class ImageRun(
    private val factory: RunnerFactory,
    private val watch: Watch,
    private val progress: Progress,
) {
    /** Runs all images through each file. */
    fun run(common: Common, images: Images, preprocessing: Preprocessing): List<FileRun> =
        common.files.map { run(it, common, images, preprocessing) }

    private fun run(file: JobFile, common: Common, images: Images, preprocessing: Preprocessing): FileRun {
        progress.begin(file.name, images.count)
        watch.check()
        return try {
            images.fit(file)
            factory.open(file, common).use { runner ->
                val logits = logits(runner, images, preprocessing)
                val half = half(file, common, images, preprocessing, logits)
                FileRun(file, null, runner.description, half, logits)
            }
        } catch (error: EdgeException) {
            FileRun(file, oneLine(error), null, null, null)
        }
    }

    private fun logits(runner: Runner, images: Images, preprocessing: Preprocessing): FloatArray {
        val input = runner.model.input
        val classes = runner.model.output.shape[1]
        val logits = FloatArray(images.count * classes)
        for (start in 0 until images.count step input.batch) {
            watch.check()
            val here = minOf(input.batch, images.count - start)
            val found = runner.run(images.batch(start, input, preprocessing))
            if (found.size != input.batch * classes) {
                throw EdgeException("the runtime gave ${found.size} logits, not ${input.batch * classes}")
            }
            found.copyInto(logits, start * classes, 0, here * classes)
            progress.advance(here)
        }
        return logits
    }

    /**
     * Whether a GPU that was allowed half precision used it: then its logits differ from those in float32.
     *
     * A device without half precision computes in float32 and does not say so.
     */
    private fun half(
        file: JobFile,
        common: Common,
        images: Images,
        preprocessing: Preprocessing,
        logits: FloatArray,
    ): Boolean? {
        if (common.accelerator != Accelerator.GPU_FP16 || images.count == 0) return null
        return factory.open(file, common.copy(accelerator = Accelerator.GPU)).use { runner ->
            val found = runner.run(images.batch(0, runner.model.input, preprocessing))
            val classes = runner.model.output.shape[1]
            (0 until classes).any { found[it] != logits[it] }
        }
    }
}

/** What became of files, and their logits, which are written to a folder. */
internal fun writeRuns(runs: List<FileRun>, folder: File): JSONObject {
    val arrays = runs.mapIndexed { number, run ->
        run.logits?.let { RawArray.write(folder, "logits-$number.raw", it, run.file.model.output.shape[1]).toJson() }
            ?: JSONObject.NULL
    }
    return JSONObject().put("files", JSONArray(runs.map { it.toJson() })).put("logits", JSONArray(arrays))
}

/** An error's message without line breaks. */
internal fun oneLine(error: Throwable): String =
    error.message.orEmpty().split(Regex("\\s+")).filter { it.isNotEmpty() }.joinToString(" ")
        .ifEmpty { error.javaClass.simpleName }
