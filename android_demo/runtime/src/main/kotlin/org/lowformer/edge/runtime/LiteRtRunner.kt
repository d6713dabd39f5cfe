package org.lowformer.edge.runtime

import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.Environment
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ElementType
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Resources
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RuntimeDescription
import org.lowformer.edge.core.TensorSpec
import org.lowformer.edge.core.digestOf
import java.io.File
import com.google.ai.edge.litert.Accelerator as Unit

/**
 * Runs a TFLite file with LiteRT: on the processor through XNNPACK, or all of it on the GPU.
 *
 * On a GPU one thread opens, runs and closes it, since OpenGL may be what computes.
 */
internal class LiteRtRunner private constructor(
    override val model: ModelFile,
    override val description: RuntimeDescription,
    private val resources: Resources,
    private val compiled: CompiledModel,
    private val input: TensorBuffer,
    private val outputs: List<TensorBuffer>,
) : Runner {
    override fun run(input: ModelInput): List<FloatArray> {
        require(input.fits(model.input)) { "${input.size} values do not fit ${model.input}" }
        return calling({ "${model.file.name}: LiteRT fails to run it ($it)" }) {
            write(input)
            compiled.run(listOf(this.input), outputs)
            model.outputs.zip(outputs, ::read)
        }
    }

    private fun write(given: ModelInput) = when (given) {
        // LiteRT has one call for bytes of either sign.
        is ModelInput.Pixels -> input.writeInt8(given.values)
        is ModelInput.Reals ->
            if (model.input.type == ElementType.INT8) {
                input.writeInt8(model.input.integers().quantize(given.values))
            } else {
                input.writeFloat(given.values)
            }
    }

    private fun read(stated: TensorSpec, output: TensorBuffer): FloatArray = when (stated.type) {
        ElementType.FLOAT32 -> output.readFloat()
        ElementType.INT8 -> stated.integers().dequantize(output.readInt8())
        ElementType.UINT8 -> throw EdgeException("${model.file.name}: puts out pixels, and no reals")
    }

    override fun close() = resources.close()

    companion object {
        /** What LiteRT says where the GPU refuses ops; it has other reasons, such as a GPU that it cannot use. */
        private const val NOT_ALL_OPS = "not accelerated"

        /** One serves the whole process, and is never closed. */
        private val environment: Environment by lazy { Environment.create() }

        /**
         * Loads a file and compiles it for a unit.
         *
         * @param threads of XNNPACK; the GPU has none.
         * @param cache where the GPU's programs and packed weights are kept for the next time; null where they are
         *   made each time.
         * @throws EdgeException LiteRT cannot load the file, or the GPU does not take all of it or cannot be used.
         */
        fun open(
            model: ModelFile,
            accelerator: Accelerator,
            threads: Int,
            version: String,
            cache: File?,
        ): LiteRtRunner {
            val description = describe(accelerator, version)
            calling({ "${model.file.name}: LiteRT does not start ($it)" }) { environment }
            return Resources.opening { resources ->
                calling({ refusal(model, accelerator, it) }) {
                    val compiled = resources.add(
                        if (accelerator == Accelerator.CPU) {
                            compileForCpu(model.file, threads, cache?.let { WeightCache.of(model.file, it, version) })
                        } else {
                            compile(model.file, gpuOptions(model, accelerator, cache))
                        },
                    )
                    val inputs = compiled.createInputBuffers().onEach(resources::add)
                    val outputs = compiled.createOutputBuffers().onEach(resources::add)
                    if (inputs.size != 1 || outputs.size != model.outputs.size) {
                        throw EdgeException("${model.file.name}: has ${inputs.size} inputs and ${outputs.size} outputs")
                    }
                    checkSize(model, "takes in", inputs[0], model.input)
                    model.outputs.zip(outputs) { stated, buffer -> checkSize(model, "puts out", buffer, stated) }
                    LiteRtRunner(model, description, resources, compiled, inputs[0], outputs)
                }
            }
        }

        /** Holds a file's own size against the one stated: LiteRT takes less than a file needs, and reads beyond it. */
        private fun checkSize(model: ModelFile, does: String, buffer: TensorBuffer, stated: TensorSpec) {
            val size = if (stated.type == ElementType.FLOAT32) buffer.readFloat().size else buffer.readInt8().size
            if (size != stated.size) {
                throw EdgeException(
                    "${model.file.name}: $does $size values, not ${stated.size} as stated; export the bundle again",
                )
            }
        }

        /**
         * What LiteRT gives. It throws its own exception, and Java's where it does not know its own error's number
         * or something was closed.
         *
         * @param message of a failure whose reason is given.
         */
        private fun <T> calling(message: (String) -> String, action: () -> T): T = try {
            action()
        } catch (error: LiteRtException) {
            throw EdgeException(message(error.reason()), error)
        } catch (error: RuntimeException) {
            throw EdgeException(message(error.reason()), error)
        }

        private fun compile(file: File, options: CompiledModel.Options): CompiledModel =
            CompiledModel.create(file.path, options, environment)

        /** Without the weights, where LiteRT fails with them: the storage may be full. */
        private fun compileForCpu(file: File, threads: Int, weights: WeightCache?): CompiledModel {
            if (weights == null) return compile(file, cpuOptions(threads, null))
            return try {
                compile(file, cpuOptions(threads, weights.file)).also { weights.keep() }
            } catch (_: LiteRtException) {
                weights.drop()
                compile(file, cpuOptions(threads, null))
            }
        }

        /** XNNPACK's flags are left alone: with most values INT8 runs five times slower. */
        private fun cpuOptions(threads: Int, weights: File?): CompiledModel.Options =
            CompiledModel.Options(Unit.CPU).apply {
                cpuOptions =
                    CompiledModel.CpuOptions(numThreads = threads, xnnPackWeightCachePath = weights?.path)
            }

        /**
         * The GPU is asked for alone: with the processor beside it, LiteRT computes there whatever the GPU refuses,
         * or everything where it has no GPU, and does not tell.
         */
        private fun gpuOptions(model: ModelFile, accelerator: Accelerator, cache: File?): CompiledModel.Options {
            val half = accelerator == Accelerator.GPU_FP16
            val precision =
                if (half) CompiledModel.GpuOptions.Precision.FP16 else CompiledModel.GpuOptions.Precision.FP32
            return CompiledModel.Options(Unit.GPU).apply {
                gpuOptions =
                    if (cache == null) {
                        CompiledModel.GpuOptions(precision = precision)
                    } else {
                        cache.mkdirs()
                        CompiledModel.GpuOptions(
                            precision = precision,
                            serializationDir = cache.path,
                            modelCacheKey = "${digestOf(model.file)}-${accelerator.id}",
                            serializeProgramCache = true,
                        )
                    }
            }
        }

        private fun describe(accelerator: Accelerator, version: String): RuntimeDescription {
            val onGpu = accelerator != Accelerator.CPU
            return RuntimeDescription(
                runtime = "$LITERT $version",
                device = if (onGpu) GpuName.name else null,
                half = if (onGpu) accelerator == Accelerator.GPU_FP16 else null,
            )
        }

        private fun refusal(model: ModelFile, accelerator: Accelerator, reason: String): String {
            val name = model.file.name
            return when {
                accelerator == Accelerator.CPU -> "$name: LiteRT cannot load it ($reason); export it again"
                lacksGpu() ->
                    "$name: LiteRT finds no GPU; this phone has none that it can use, or the app was built without" +
                        " com.google.ai.edge.litert:litert-gpu"
                NOT_ALL_OPS in reason ->
                    "$name: the GPU does not take all of it ($reason); its log names the ops; choose the cpu"
                else -> "$name: the GPU cannot run it ($reason); choose the cpu"
            }
        }

        private fun lacksGpu(): Boolean = try {
            Unit.GPU !in environment.getAvailableAccelerators()
        } catch (_: LiteRtException) {
            // What is told instead is why the file was refused.
            false
        }
    }
}
