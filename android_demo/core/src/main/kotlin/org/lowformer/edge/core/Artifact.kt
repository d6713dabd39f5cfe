package org.lowformer.edge.core

/**
 * One exported file.
 *
 * @property file where it lies, with its hash and size.
 * @property format `tflite`, `executorch`, `onnx` or `coreml`.
 * @property precision such as `fp32` or `int8`.
 * @property backend what runs an ExecuTorch file, such as `xnnpack`; null for other formats.
 * @property input what goes in; null where this app has no runtime for the file.
 * @property output what comes out; null likewise.
 */
data class Artifact(
    val file: FileRecord,
    val format: String,
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
        private const val TENSOR = "tensor"
        private const val IMAGE = "image"
        private const val LOGITS = "logits"

        /**
         * @param size of the network's input.
         * @param model what the model gives, whatever the file.
         */
        internal fun parse(fields: Fields, size: Size, model: Output): Artifact {
            fields.named(
                "file", "format", "precision", "spec", "inputs", "outputs", "ops",
                optional = listOf("residency", "parity", "half", "latency", "not_run", "runtime", "compiled"),
            )
            val file = FileRecord.parse(fields.fields("file"))
            val format = fields.text("format")
            val precision = fields.text("precision")
            val spec = fields.fields("spec")
            val backend = if (format == EXECUTORCH) backend(spec) else null
            val inputs = fields.records("inputs")
            val outputs = fields.records("outputs")
            if (Format.of(file.path) == null || (backend ?: XNNPACK) != XNNPACK) {
                return Artifact(file, format, precision, backend, null, null)
            }
            if (inputs.size != 1 || outputs.size != 1) {
                throw EdgeException("${fields.place}: not an image classifier with one input and one output")
            }
            val input = TensorSpec.parse(inputs.single())
            val output = TensorSpec.parse(outputs.single())
            checkInput(input, spec, inputs.single().place)
            checkImages(input, size, inputs.single().place)
            checkOutput(output, spec, model, outputs.single().place)
            if (output.batch != input.batch) {
                throw EdgeException("${outputs.single().place}: not the logits of ${input.batch} images")
            }
            return Artifact(file, format, precision, backend, input, output)
        }

        private fun backend(spec: Fields): String = spec.fieldsOrNull("options")?.textOrNull("backend") ?: XNNPACK

        private fun checkInput(input: TensorSpec, spec: Fields, place: String) {
            val kind = spec.textOrNull("input") ?: TENSOR
            if (kind != TENSOR && kind != IMAGE) {
                throw EdgeException("${spec.place}.input: ${shown(kind)} is unknown; this app knows $TENSOR and $IMAGE")
            }
            if ((kind == IMAGE) != (input.type == ElementType.UINT8)) {
                throw EdgeException("$place: is of ${input.type.id}, which is not what the input '$kind' is of")
            }
        }

        private fun checkImages(input: TensorSpec, size: Size, place: String) {
            if (!input.takesImages(size)) {
                throw EdgeException("$place: the shape ${input.shape} is not RGB images of $size pixels")
            }
        }

        private fun checkOutput(output: TensorSpec, spec: Fields, model: Output, place: String) {
            val kind = spec.textOrNull("output") ?: LOGITS
            val name = when (kind) {
                LOGITS -> model.name
                ModelFile.PROBABILITIES -> ModelFile.PROBABILITIES
                else -> throw EdgeException("${spec.place}.output: ${shown(kind)} is unknown")
            }
            if (output.name != name) {
                throw EdgeException("$place: is called ${shown(output.name)}, and not ${shown(name)} as it gives $kind")
            }
            if (!output.holdsClasses || output.shape.drop(1) != model.shape) {
                throw EdgeException("$place: is not one value for each of ${model.shape.single()} classes")
            }
        }
    }
}
