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
 * @property outputs where each is by its name, float32 [N, ...] and channels first in maps; or null.
 */
internal class FileRun(
    val file: JobFile,
    val failure: String?,
    val description: RuntimeDescription?,
    val half: Boolean?,
    val outputs: Map<String, RawArray>?,
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

/**
 * Runs images through files, one file after the other; what keeps one from running is part of its result.
 *
 * @property folder takes the outputs.
 */
internal class ImageRun(
    private val folder: File,
    private val factory: RunnerFactory,
    private val watch: Watch,
    private val progress: Progress,
) {
    /** Runs all images through each file. */
    fun run(common: Common, images: Images, preprocessing: Preprocessing): List<FileRun> =
        common.files.mapIndexed { number, file -> run(file, number, common, images, preprocessing) }

    private fun run(
        file: JobFile,
        number: Int,
        common: Common,
        images: Images,
        preprocessing: Preprocessing,
    ): FileRun {
        progress.begin(file.name, images.count)
        watch.check()
        return OutputFiles(folder, number, file.model.outputs).use { outputs ->
            try {
                images.fit(file)
                factory.open(file, common).use { runner ->
                    write(runner, images, preprocessing, outputs)
                    val half = half(file, common, images, preprocessing, outputs.first)
                    FileRun(file, null, runner.description, half, outputs.arrays)
                }
            } catch (error: EdgeException) {
                outputs.remove()
                FileRun(file, oneLine(error), null, null, null)
            }
        }
    }

    /** Writes the outputs of all images. */
    private fun write(runner: Runner, images: Images, preprocessing: Preprocessing, into: OutputFiles) {
        val input = runner.model.input
        for (start in 0 until images.count step input.batch) {
            watch.check()
            val here = minOf(input.batch, images.count - start)
            into.add(runner.run(images.batch(start, input, preprocessing)), here)
            progress.advance(here)
        }
    }

    /**
     * Whether a GPU that was allowed half precision used it: then its outputs differ from those in float32.
     *
     * A device without half precision computes in float32 and does not say so.
     */
    private fun half(
        file: JobFile,
        common: Common,
        images: Images,
        preprocessing: Preprocessing,
        first: List<FloatArray>,
    ): Boolean? {
        if (common.accelerator != Accelerator.GPU_FP16 || images.count == 0) return null
        return factory.open(file, common.copy(accelerator = Accelerator.GPU)).use { runner ->
            val found = runner.run(images.batch(0, runner.model.input, preprocessing))
            runner.model.outputs.withIndex().any { (number, output) ->
                val values = output.planesOfImage(found[number], 0)
                values.indices.any { values[it] != first[number][it] }
            }
        }
    }
}

/** What became of files, and where their outputs are. */
internal fun toJson(runs: List<FileRun>): JSONObject {
    val outputs = runs.map { run ->
        run.outputs?.let { arrays -> JSONObject(arrays.mapValues { it.value.toJson() }) } ?: JSONObject.NULL
    }
    return JSONObject().put("files", JSONArray(runs.map { it.toJson() })).put("outputs", JSONArray(outputs))
}

/** An error's message without line breaks. */
internal fun oneLine(error: Throwable): String =
    error.message.orEmpty().split(Regex("\\s+")).filter { it.isNotEmpty() }.joinToString(" ")
        .ifEmpty { error.javaClass.simpleName }
