package org.lowformer.edge.hotspot

import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.BundleModel
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RunnerFactory
import java.io.File

/** What every file of a bundle makes of its golden vectors, and of further images. */
internal class Classification(
    private val factory: RunnerFactory,
    private val accelerator: Accelerator,
    folder: File,
    private val images: List<File>,
) {
    private val bundle = Bundle.open(folder)
    private val preprocessing = bundle.manifest.preprocessing

    /**
     * Prints a line of JSON for each image, `image` with `height`, `width` and `pixels`, which are what the
     * preprocessing leaves of it, in hexadecimal numbers; then one for each file, `file` with `failure` or with
     * `runtime`, and `golden` and `images`: lists of outputs.
     *
     * @throws EdgeException the bundle or an image is refused.
     */
    fun print() {
        val pixels = images.map { file ->
            val left = preprocessing.pixels(readPixelMap(file))
            val shape = arrayOf("height" to left.height, "width" to left.width)
            show("image" to file.name, *shape, "pixels" to hexadecimal(left.pixels))
            left.pixels
        }
        for (model in bundle.models) show("file" to model.artifact.path, *outcome(model, pixels))
    }

    private fun outcome(model: BundleModel, pixels: List<ByteArray>): Array<Pair<String, Any>> = try {
        factory.open(model.file, accelerator, threads = 1).use { runner ->
            val golden = bundle.golden()
            val size = golden.pixels.size / golden.count
            val inputs = List(golden.count) { golden.pixels.copyOfRange(it * size, (it + 1) * size) }
            arrayOf(
                "runtime" to runner.description.runtime,
                "golden" to logits(runner, inputs),
                "images" to logits(runner, pixels),
            )
        }
    } catch (error: EdgeException) {
        arrayOf("failure" to error.message.orEmpty())
    }

    private fun logits(runner: Runner, inputs: List<ByteArray>) = JSONArray(
        inputs.map { pixels ->
            JSONArray(runner.run(ModelInput.of(pixels, 1, runner.model.input, preprocessing)).single().toList())
        },
    )

    private fun show(vararg fields: Pair<String, Any>) = println(JSONObject(mapOf(*fields)))

    private fun hexadecimal(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }
}
