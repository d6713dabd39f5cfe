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
 * @property outputs each float32 [N, ...], channels first in maps, in the file's order; or null.
 */
internal class FileRun(
    val file: JobFile,
    val failure: String?,
    val description: RuntimeDescription?,
    val half: Boolean?,
    val outputs: List<FloatArray>?,
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
                val outputs = outputs(runner, images, preprocessing)
                val half = half(file, common, images, preprocessing, outputs)
                FileRun(file, null, runner.description, half, outputs)
            }
        } catch (error: EdgeException) {
            FileRun(file, oneLine(error), null, null, null)
        }
    }

    private fun outputs(runner: Runner, images: Images, preprocessing: Preprocessing): List<FloatArray> {
        val input = runner.model.input
        val all = runner.model.outputs.map { FloatArray(images.count * (it.size / it.batch)) }
        for (start in 0 until images.count step input.batch) {
            watch.check()
            val here = minOf(input.batch, images.count - start)
            val found = runner.run(images.batch(start, input, preprocessing))
            for ((number, output) in runner.model.outputs.withIndex()) {
                val values = found[number]
                if (values.size != output.size) {
                    throw EdgeException("the runtime gave ${values.size} values of ${output.name}, not ${output.size}")
                }
                for (image in 0 until here) {
                    val own = output.planesOfImage(values, image)
                    own.copyInto(all[number], (start + image) * own.size)
                }
            }
            progress.advance(here)
        }
        return all
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
        outputs: List<FloatArray>,
    ): Boolean? {
        if (common.accelerator != Accelerator.GPU_FP16 || images.count == 0) return null
        return factory.open(file, common.copy(accelerator = Accelerator.GPU)).use { runner ->
            val found = runner.run(images.batch(0, runner.model.input, preprocessing))
            runner.model.outputs.withIndex().any { (number, output) ->
                val first = output.planesOfImage(found[number], 0)
                first.indices.any { first[it] != outputs[number][it] }
            }
        }
    }
}

/** What became of files, and their outputs, which are written to a folder. */
internal fun writeRuns(runs: List<FileRun>, folder: File): JSONObject {
    val arrays = runs.mapIndexed { number, run -> writeOutputs(run, number, folder) ?: JSONObject.NULL }
    return JSONObject().put("files", JSONArray(runs.map { it.toJson() })).put("outputs", JSONArray(arrays))
}

/** Writes a run's outputs, and tells where each is by its name. */
private fun writeOutputs(run: FileRun, number: Int, folder: File): JSONObject? {
    val outputs = run.outputs ?: return null
    val arrays = JSONObject()
    for ((index, output) in run.file.model.outputs.withIndex()) {
        val values = outputs[index]
        val images = values.size / (output.size / output.batch)
        val array = RawArray.write(folder, "output-$number-$index.raw", values, listOf(images) + output.perImage)
        arrays.put(output.name, array.toJson())
    }
    return arrays
}

/** An error's message without line breaks. */
internal fun oneLine(error: Throwable): String =
    error.message.orEmpty().split(Regex("\\s+")).filter { it.isNotEmpty() }.joinToString(" ")
        .ifEmpty { error.javaClass.simpleName }
