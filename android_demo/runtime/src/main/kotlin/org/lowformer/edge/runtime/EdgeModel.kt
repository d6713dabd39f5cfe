package org.lowformer.edge.runtime

import android.content.Context
import android.graphics.Bitmap
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.Detection
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Findings
import org.lowformer.edge.core.ImageRunner
import org.lowformer.edge.core.LabelMap
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.core.Score
import org.lowformer.edge.core.Task
import java.io.File

/**
 * A model of a bundle, for any app: pictures of any size in; classes, objects or labels of pixels out.
 *
 * Pictures are upright; what becomes of them before the model sees them is the bundle's to say. Not for several threads
 * at once, nor for the main thread; on a GPU one thread opens, uses and closes it.
 *
 * @property task says which of [classify], [detect] and [segment] it is for.
 * @property labels names of the classes in order; null where the bundle has none.
 */
class EdgeModel private constructor(
    val task: Task,
    val labels: List<String>?,
    private val runner: ImageRunner,
) : AutoCloseable {
    /** The name of a class, or its number where it has none. */
    fun nameOf(index: Int): String = labels?.getOrNull(index) ?: "class $index"

    /**
     * The likeliest classes, the best first.
     *
     * @throws EdgeException the model is no classifier, or fails.
     */
    fun classify(bitmap: Bitmap, most: Int = MOST_CLASSES): List<Score> = classify(bitmap.toRgb(), most)

    /** The same of a camera's frame, as `YuvImage.toRgb` makes it. */
    fun classify(image: RgbImage, most: Int = MOST_CLASSES): List<Score> {
        checkTask(Task.CLASSIFICATION)
        return runner.scores(image, most)
    }

    /**
     * Objects with boxes in pixels of the picture, the best first.
     *
     * @throws EdgeException the model is no detector, or fails.
     */
    fun detect(bitmap: Bitmap): List<Detection> = detect(bitmap.toRgb())

    /** The same of a camera's frame. */
    fun detect(image: RgbImage): List<Detection> {
        checkTask(Task.DETECTION)
        return (runner.find(image) as Findings.Objects).objects
    }

    /**
     * The class of each pixel; of a picture larger than the model's input, of one of its shape with as many pixels.
     *
     * @throws EdgeException the model is no segmenter, or fails.
     */
    fun segment(bitmap: Bitmap): LabelMap = segment(bitmap.toRgb())

    /** The same of a camera's frame. */
    fun segment(image: RgbImage): LabelMap {
        checkTask(Task.SEGMENTATION)
        return (runner.find(image) as Findings.Labels).map
    }

    /** Frees what the runtime holds. */
    override fun close() = runner.close()

    private fun checkTask(wanted: Task) {
        if (task != wanted) throw EdgeException("${runner.model.file.name}: is for ${task.id}, not for ${wanted.id}")
    }

    companion object {
        private const val MOST_CLASSES = 5

        /** Nobody asks here. */
        private val VERSIONS = RuntimeVersions("", "")

        /**
         * Opens a model, and checks its bundle by its hashes before.
         *
         * @param folder the bundle's, such as [unpack] makes it.
         * @param artifact which of its files: `tflite/int8`, a format, a precision or a path; null where it has but one.
         * @param accelerator computes all of it, or the model is refused.
         * @param threads of the processor.
         * @param cache a folder for what a GPU compiles and for weights as XNNPACK packs them, so that this is done
         *   once, such as one within `codeCacheDir`, which Android empties after updates; null where nothing is kept.
         * @throws EdgeException the bundle is damaged, has no such file, or it cannot be run.
         */
        fun open(
            folder: File,
            artifact: String? = null,
            accelerator: Accelerator = Accelerator.CPU,
            threads: Int = usualThreads(),
            cache: File? = null,
        ): EdgeModel {
            val bundle = Bundle.open(folder)
            val labels = bundle.labels()
            val model = bundle.model(artifact).file
            val runner = Runtimes(VERSIONS, cache).open(model, accelerator, threads)
            return EdgeModel(bundle.manifest.task, labels, ImageRunner(bundle.manifest, runner))
        }

        /**
         * The folder of a bundle that lies in the app's assets, since runtimes read files; unpacked at its first use,
         * and again when the app was updated.
         *
         * @param assets the bundle's folder among the assets, such as `bundles/demo`.
         * @throws EdgeException it cannot be unpacked.
         */
        fun unpack(context: Context, assets: String): File = UnpackedAssets(context).folder(assets)
    }
}
