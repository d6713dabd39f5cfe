package org.lowformer.edge.core

/**
 * One exported file.
 *
 * @property file where it lies, with its hash and size.
 * @property target its format: `tflite`, `executorch`, `onnx` or `coreml`.
 * @property precision such as `fp32` or `int8`.
 * @property backend what runs an ExecuTorch file, such as `xnnpack`; null for other targets.
 * @property input what goes in; null where this app has no runtime for the file.
 * @property output what comes out; null likewise.
 */
data class Artifact(
    val file: FileRecord,
    val target: String,
    val precision: String,
    val backend: String?,
    val input: TensorSpec?,
    val output: TensorSpec?,
) {
    /** Relative to the bundle's folder. */
    val path: String get() = file.path

    /** Of its content, in hex. */
    val sha256: String get() = file.sha256

    /** Its size. */
    val bytes: Long get() = file.bytes

    companion object {
        private const val EXECUTORCH = "executorch"
        private const val XNNPACK = "xnnpack"

        /** @param size side of the network's square input in pixels. */
        internal fun parse(fields: Fields, size: Int): Artifact {
            fields.named(
                "file", "target", "precision", "spec", "inputs", "outputs", "ops",
                optional = listOf("residency", "parity", "latency", "not_run", "runtime", "compiled"),
            )
            val file = FileRecord.parse(fields.fields("file"))
            val target = fields.text("target")
            val precision = fields.text("precision")
            val backend = if (target == EXECUTORCH) fields.fields("spec").textOrNull("backend") ?: XNNPACK else null
            val inputs = fields.records("inputs")
            val outputs = fields.records("outputs")
            if (Format.of(file.path) == null || (backend ?: XNNPACK) != XNNPACK) {
                return Artifact(file, target, precision, backend, null, null)
            }
            if (inputs.size != 1 || outputs.size != 1) {
                throw EdgeException("${fields.place}: not an image classifier with one input and one output")
            }
            val input = TensorSpec.parse(inputs.single())
            val output = TensorSpec.parse(outputs.single())
            checkImages(input, size, inputs.single().place)
            if (output.layout != Layout.NK || output.batch != input.batch) {
                throw EdgeException("${outputs.single().place}: not the logits of ${input.batch} images")
            }
            return Artifact(file, target, precision, backend, input, output)
        }

        private fun checkImages(input: TensorSpec, size: Int, place: String) {
            val sides = when (input.layout) {
                Layout.NHWC -> listOf(size, size, RgbImage.CHANNELS)
                Layout.NCHW -> listOf(RgbImage.CHANNELS, size, size)
                Layout.NK -> emptyList()
            }
            if (input.shape.drop(1) != sides) {
                throw EdgeException("$place: the shape ${input.shape} is not RGB images of $size x $size pixels")
            }
        }
    }
}
