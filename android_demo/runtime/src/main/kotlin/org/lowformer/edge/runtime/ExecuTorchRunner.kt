package org.lowformer.edge.runtime

import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ElementType
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Resources
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RuntimeDescription
import org.lowformer.edge.core.TensorSpec
import org.pytorch.executorch.EValue
import org.pytorch.executorch.ExecuTorchRuntime
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor
import java.nio.ByteBuffer

/** Runs a program with ExecuTorch on the processor. */
internal class ExecuTorchRunner private constructor(
    override val model: ModelFile,
    override val description: RuntimeDescription,
    private val module: Module,
) : Runner {
    private val buffer = Tensor.allocateByteBuffer(model.input.size * bytesOf(model.input.type))
    private val input = EValue.from(inputTensor(buffer))

    override fun run(input: ModelInput): List<FloatArray> {
        require(input.fits(model.input)) { "${input.size} values do not fit ${model.input}" }
        // Writing to a duplicate leaves the position of the tensor's own buffer where it is.
        when (input) {
            is ModelInput.Pixels -> buffer.duplicate().put(input.values)
            is ModelInput.Reals -> write(input.values)
        }
        val outputs = try {
            module.forward(this.input).map { it.toTensor() }
        } catch (error: RuntimeException) {
            throw EdgeException("${model.file.name}: ExecuTorch fails to run it (${error.reason()})", error)
        }
        if (outputs.size != model.outputs.size) {
            throw EdgeException(
                "${model.file.name}: puts out ${outputs.size} tensors, not ${model.outputs.size} as it says",
            )
        }
        return model.outputs.zip(outputs, ::reals)
    }

    private fun write(values: FloatArray) {
        if (model.input.type == ElementType.INT8) {
            buffer.duplicate().put(model.input.integers().quantize(values))
        } else {
            buffer.asFloatBuffer().put(values)
        }
    }

    /** A tensor that reads the buffer anew each time. */
    private fun inputTensor(buffer: ByteBuffer): Tensor {
        val shape = model.input.shape.map(Int::toLong).toLongArray()
        return when (model.input.type) {
            ElementType.FLOAT32 -> Tensor.fromBlob(buffer.asFloatBuffer(), shape)
            ElementType.INT8 -> Tensor.fromBlob(buffer, shape)
            ElementType.UINT8 -> Tensor.fromBlobUnsigned(buffer, shape)
        }
    }

    private fun reals(stated: TensorSpec, output: Tensor): FloatArray {
        val size = stated.shape.map(Int::toLong)
        if (output.shape().toList() != size) {
            throw EdgeException("${model.file.name}: puts out ${output.shape().toList()}, not $size as it says")
        }
        return when (stated.type) {
            ElementType.FLOAT32 -> output.dataAsFloatArray
            ElementType.INT8 -> stated.integers().dequantize(output.dataAsByteArray)
            ElementType.UINT8 -> throw EdgeException("${model.file.name}: puts out pixels, and no reals")
        }
    }

    override fun close() = module.destroy()

    companion object {
        private const val METHOD = "forward"

        private fun bytesOf(type: ElementType): Int = when (type) {
            ElementType.FLOAT32 -> Float.SIZE_BYTES
            ElementType.INT8, ElementType.UINT8 -> Byte.SIZE_BYTES
        }

        /**
         * Loads a program, and all that it needs.
         *
         * @param threads of XNNPACK. Its threads belong to the whole process: programs that are open at the same
         *   time have as many as the last one asked for.
         * @throws EdgeException ExecuTorch cannot load the program.
         */
        fun open(model: ModelFile, threads: Int, version: String): ExecuTorchRunner {
            try {
                return Resources.opening { resources ->
                    val module = resources.add(Module.load(model.file.path, Module.LOAD_MODE_FILE, threads))
                    checkBackends(model, module)
                    module.loadMethod(METHOD)
                    val description = RuntimeDescription("$EXECUTORCH $version", device = null, half = null)
                    ExecuTorchRunner(model, description, module)
                }
            } catch (error: RuntimeException) {
                throw EdgeException(
                    "${model.file.name}: ExecuTorch cannot load it (${error.reason()}); export it again",
                    error,
                )
            }
        }

        private fun checkBackends(model: ModelFile, module: Module) {
            val present = ExecuTorchRuntime.getRegisteredBackends().toSet()
            val missing = module.getMethodMetadata(METHOD).backends.toSet() - present
            if (missing.isNotEmpty()) {
                throw EdgeException(
                    "${model.file.name}: needs ${missing.joinToString()}, which this build's ExecuTorch has not;" +
                        " export it for XNNPACK",
                )
            }
        }
    }
}
