package org.lowformer.edge.core

/**
 * What all files of a model have in common.
 *
 * @property input size of the network's input.
 * @property outputs what it gives for one image.
 */
internal class ModelInterface(val task: Task, val input: Size, val outputs: List<Output>, val classes: Int) {
    /** What a file gives, by the kind that its spec states; null where that is none of the task. */
    fun outputs(kind: String): List<Output>? = when {
        kind == LOGITS -> outputs
        kind == ModelFile.PROBABILITIES && task == Task.CLASSIFICATION -> outputs.map { it.copy(name = kind) }
        kind == Output.BOXES_NAME && task == Task.DETECTION -> Output.decoded(classes, input, outputs.size / 2)
        else -> null
    }

    companion object {
        const val LOGITS = "logits"
    }
}

/**
 * One exported file.
 *
 * @property file where it lies, with its hash and size.
 * @property format `tflite`, `executorch`, `onnx` or `coreml`.
 * @property precision such as `fp32` or `int8`.
 * @property backend what runs an ExecuTorch file, such as `xnnpack`; null for other formats.
 * @property input what goes in; null where this app has no runtime for the file.
 * @property outputs what comes out, in the file's order; empty likewise.
 */
data class Artifact(
    val file: FileRecord,
    val format: String,
    val precision: String,
    val backend: String?,
    val input: TensorSpec?,
    val outputs: List<TensorSpec>,
) {
    /** Whether somebody means it by a format, a precision, both as `tflite/int8`, or a path. */
    internal fun isCalled(wanted: String): Boolean = wanted in listOf(format, precision, "$format/$precision", path)

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

        internal fun parse(fields: Fields, model: ModelInterface): Artifact {
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
                return Artifact(file, format, precision, backend, null, emptyList())
            }
            if (inputs.size != 1) throw EdgeException("${fields.place}.inputs: are ${inputs.size}, and not one image")
            val input = TensorSpec.parse(inputs.single())
            checkInput(input, spec, inputs.single().place)
            checkImages(input, model.input, inputs.single().place)
            val given = outputs.map { TensorSpec.parse(it) }
            checkOutputs(given, outputs.map { it.place }, spec, model)
            for ((output, record) in given.zip(outputs)) {
                if (output.batch != input.batch) {
                    throw EdgeException("${record.place}: is not of ${input.batch} images, as the input")
                }
            }
            return Artifact(file, format, precision, backend, input, given)
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

        private fun checkOutputs(given: List<TensorSpec>, places: List<String>, spec: Fields, model: ModelInterface) {
            val kind = spec.textOrNull("output") ?: ModelInterface.LOGITS
            val expected = model.outputs(kind)
                ?: throw EdgeException("${spec.place}.output: ${shown(kind)} is unknown for ${model.task.id}")
            if (given.size != expected.size || given.map { it.name }.toSet() != expected.map { it.name }.toSet()) {
                throw EdgeException(
                    "${spec.place}.output: is $kind, and the file's outputs are called" +
                        " ${shown(given.joinToString { it.name })}, not ${shown(expected.joinToString { it.name })}",
                )
            }
            for ((output, place) in given.zip(places)) {
                val stated = expected.first { it.name == output.name }
                if (!output.gives(stated)) {
                    throw EdgeException("$place: ${output.shape} is not ${stated.shape} for each image, as the model's")
                }
            }
        }
    }
}
