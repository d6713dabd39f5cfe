package org.lowformer.edge.core

import java.io.File

/** Which unit computes, by its name in the device protocol. */
enum class Accelerator(val id: String) {
    CPU("cpu"),
    GPU("gpu"),
    GPU_FP16("gpu-fp16"),
}

/** What a file is for, by its suffix. */
enum class Format(val suffix: String, val accelerators: List<Accelerator>) {
    TFLITE(".tflite", listOf(Accelerator.CPU, Accelerator.GPU, Accelerator.GPU_FP16)),
    EXECUTORCH(".pte", listOf(Accelerator.CPU)),
    ;

    companion object {
        /** The format of a file's name; null where this app has no runtime for it. */
        fun of(name: String): Format? = entries.find { name.endsWith(it.suffix) }
    }
}

/**
 * A file with the interface that its manifest or its job states.
 *
 * @property outputs in the file's own order.
 */
data class ModelFile(val file: File, val format: Format, val input: TensorSpec, val outputs: List<TensorSpec>) {
    /** Whether its output are the probabilities of classes, and not logits. */
    val givesProbabilities: Boolean get() = outputs.first().name == PROBABILITIES

    companion object {
        /** What files call outputs of which they took the softmax. */
        const val PROBABILITIES = "probabilities"
    }
}

/**
 * What a runtime tells of itself and of where it runs.
 *
 * @property runtime its name and version.
 * @property device what the accelerator calls itself; null where it is the processor, or does not tell.
 * @property half whether it may compute in half precision; null where nobody asked.
 */
data class RuntimeDescription(val runtime: String, val device: String?, val half: Boolean?)

/** A file that a runtime has loaded. Not for several threads at once. */
interface Runner : AutoCloseable {
    val model: ModelFile

    val description: RuntimeDescription

    /**
     * Runs one batch.
     *
     * @param input as [ModelInput.of] makes it for the file.
     * @return the outputs, in the order of [ModelFile.outputs] and each in its own layout, as reals whatever the
     *   file's output types are.
     * @throws EdgeException the runtime failed.
     */
    fun run(input: ModelInput): List<FloatArray>
}

/** Opens files. The only place that knows which runtimes there are. */
fun interface RunnerFactory {
    /**
     * @throws EdgeException the runtime cannot load the file, or the accelerator refuses ops of it. There is
     *   never a fallback to another unit.
     */
    fun open(model: ModelFile, accelerator: Accelerator, threads: Int): Runner
}
