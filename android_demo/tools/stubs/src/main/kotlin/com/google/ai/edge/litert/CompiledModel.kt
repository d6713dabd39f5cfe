package com.google.ai.edge.litert

/** Stands for LiteRT's class, as far as the app calls it; options of other makers' units are left out. */
class CompiledModel private constructor(handle: Long, private val ownEnvironment: Environment?) : JniHandle(handle) {
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    ) {
        /** In the order of the numbers by which native code knows them. */
        internal val values: List<Any?> get() = listOf(numThreads, xnnPackFlags, xnnPackWeightCachePath)
    }

    data class GpuOptions(
        val constantTensorSharing: Boolean? = null,
        val infiniteFloatCapping: Boolean? = null,
        val allowSrcQuantizedFcConvOps: Boolean? = null,
        val precision: Precision? = null,
        val bufferStorageType: BufferStorageType? = null,
        val preferTextureWeights: Boolean? = null,
        val serializationDir: String? = null,
        val modelCacheKey: String? = null,
        val serializeProgramCache: Boolean? = null,
        val serializeExternalTensors: Boolean? = null,
        val externalTensorsMode: Boolean? = null,
        val externalTensorPattern: String? = null,
        val backend: Backend? = null,
        val priority: Priority? = null,
        val numStepsOfCommandBufferPreparations: Int? = null,
    ) {
        enum class Precision(val value: Int) {
            DEFAULT(0),
            FP16(1),
            FP32(2),
        }

        enum class BufferStorageType(val value: Int) {
            DEFAULT(0),
            BUFFER(1),
            TEXTURE_2D(2),
        }

        enum class Backend(val value: Int) {
            AUTOMATIC(0),
            OPENCL(1),
            WEBGPU(2),
        }

        enum class Priority(val value: Int) {
            DEFAULT(0),
            LOW(1),
            NORMAL(2),
            HIGH(3),
        }

        /** In the order of the numbers by which native code knows them. */
        internal val values: List<Any?>
            get() = listOf(
                constantTensorSharing,
                infiniteFloatCapping,
                allowSrcQuantizedFcConvOps,
                precision?.value,
                bufferStorageType?.value,
                preferTextureWeights,
                serializationDir,
                modelCacheKey,
                serializeProgramCache,
                serializeExternalTensors,
                externalTensorsMode,
                externalTensorPattern,
                backend?.value,
                priority?.value,
                numStepsOfCommandBufferPreparations,
            )
    }

    class Options(internal val accelerators: Set<Accelerator>) {
        constructor(vararg accelerators: Accelerator) : this(setOf(*accelerators))

        var cpuOptions: CpuOptions? = null
        var gpuOptions: GpuOptions? = null

        companion object {
            @JvmStatic
            val CPU = Options(Accelerator.CPU)
        }
    }

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> {
        assertNotDestroyed()
        return nativeCreateInputBuffers(handle, signatureIndex).map(::TensorBuffer)
    }

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> {
        assertNotDestroyed()
        return nativeCreateOutputBuffers(handle, signatureIndex).map(::TensorBuffer)
    }

    @Throws(LiteRtException::class)
    @JvmOverloads
    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>, signatureIndex: Int = 0) {
        assertNotDestroyed()
        nativeRun(handle, signatureIndex, handles(inputs), handles(outputs))
    }

    override fun destroy() {
        nativeDestroy(handle)
        ownEnvironment?.close()
    }

    companion object {
        init {
            System.loadLibrary("litert_jni")
        }

        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(filePath: String, options: Options = Options.CPU, optionalEnv: Environment? = null): CompiledModel {
            val environment = optionalEnv ?: Environment.create()
            val cpu = numbered(options.cpuOptions?.values.orEmpty())
            val gpu = numbered(options.gpuOptions?.values.orEmpty())
            val handle = nativeCreateFromFile(
                environment.handle,
                filePath,
                options.accelerators.map { it.value }.toIntArray(),
                cpu.keys.toIntArray(),
                cpu.values.toTypedArray(),
                gpu.keys.toIntArray(),
                gpu.values.toTypedArray(),
                IntArray(0),
                arrayOf(),
            )
            return CompiledModel(handle, environment.takeIf { optionalEnv == null })
        }

        private fun handles(buffers: List<TensorBuffer>): LongArray = buffers.map { it.handle }.toLongArray()

        /** What is set, as text, by its number. */
        private fun numbered(values: List<Any?>): Map<Int, String> {
            val texts = mutableMapOf<Int, String>()
            values.forEachIndexed { number, value -> if (value != null) texts[number] = value.toString() }
            return texts
        }

        @JvmStatic
        private external fun nativeCreateFromFile(
            envHandle: Long,
            filePath: String,
            accelerators: IntArray,
            cpuOptionsKeys: IntArray,
            cpuOptionsValues: Array<String>,
            gpuOptionsKeys: IntArray,
            gpuOptionsValues: Array<String>,
            qualcommOptionsKeys: IntArray,
            qualcommOptionsValues: Array<String>,
        ): Long

        @JvmStatic
        private external fun nativeCreateInputBuffers(compiledModelHandle: Long, signatureIndex: Int): LongArray

        @JvmStatic
        private external fun nativeCreateOutputBuffers(compiledModelHandle: Long, signatureIndex: Int): LongArray

        @JvmStatic
        private external fun nativeRun(
            compiledModelHandle: Long,
            signatureIndex: Int,
            inputBuffers: LongArray,
            outputBuffers: LongArray,
        )

        @JvmStatic
        private external fun nativeDestroy(handle: Long)
    }
}
