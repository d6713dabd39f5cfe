package com.google.ai.edge.litert

/** Compile-only: the part of LiteRT's class that the app calls. */
class CompiledModel private constructor() : AutoCloseable {
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    /** LiteRT's has more parameters, all with defaults, and other versions have them in another order. */
    data class GpuOptions(val precision: Precision? = null) {
        enum class Precision {
            DEFAULT,
            FP16,
            FP32,
        }
    }

    class Options(vararg accelerators: Accelerator) {
        var cpuOptions: CpuOptions? = null
        var gpuOptions: GpuOptions? = null
    }

    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = compileOnly()

    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = compileOnly()

    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>, signatureIndex: Int = 0): Unit = compileOnly()

    override fun close(): Unit = compileOnly()

    companion object {
        @JvmStatic
        fun create(filePath: String, options: Options, optionalEnv: Environment? = null): CompiledModel = compileOnly()
    }
}
