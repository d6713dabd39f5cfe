package org.lowformer.edge.runtime

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelHeader
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RunnerFactory
import java.io.File

/**
 * LiteRT and ExecuTorch, as far as this build of the app has them.
 *
 * @param cache a folder for what runtimes make of files, so that they do so once: what a GPU compiles, and weights as
 *   XNNPACK packs them; null where each opening is to cost what the first one does.
 */
class Runtimes(private val versions: RuntimeVersions, private val cache: File? = null) : RunnerFactory {
    /**
     * What can be asked to compute files of a format; nothing where this build has no runtime for it. Whether
     * the phone has such a unit, and whether it takes a file, shows when the file is opened.
     */
    fun accelerators(format: Format): List<Accelerator> =
        if (isBuiltIn(format)) format.accelerators else emptyList()

    /**
     * Loads the native library of a format's runtime, if it is not there yet.
     *
     * @throws EdgeException this build has none, or none for this processor.
     */
    fun load(format: Format) {
        checkBuiltIn(format, format.suffix)
        linking(format, format.suffix) { Class.forName(classOf(format), true, javaClass.classLoader) }
    }

    override fun open(model: ModelFile, accelerator: Accelerator, threads: Int): Runner {
        val name = model.file.name
        if (accelerator !in model.format.accelerators) {
            throw EdgeException("$name: ${nameOf(model.format)} has no ${accelerator.id} in this app; choose the cpu")
        }
        if (threads < 1) throw EdgeException("$name: $threads threads cannot compute; ask for at least 1")
        checkBuiltIn(model.format, name)
        ModelHeader.check(model.file, model.format)
        return linking(model.format, name) {
            when (model.format) {
                Format.TFLITE -> LiteRtRunner.open(model, accelerator, threads, versions.litert, cache)
                Format.EXECUTORCH -> ExecuTorchRunner.open(model, threads, versions.executorch)
            }
        }
    }

    private fun checkBuiltIn(format: Format, what: String) {
        if (!isBuiltIn(format)) throw EdgeException("$what: this build of the app has no ${nameOf(format)}")
    }

    /** The one place that knows what a missing class or library looks like. */
    private fun <T> linking(format: Format, what: String, action: () -> T): T = try {
        action()
    } catch (error: LinkageError) {
        throw EdgeException("$what: this build of the app has no ${nameOf(format)} for this processor", error)
    }

    private fun nameOf(format: Format): String = when (format) {
        Format.TFLITE -> LITERT
        Format.EXECUTORCH -> EXECUTORCH
    }

    private fun classOf(format: Format): String = when (format) {
        Format.TFLITE -> "com.google.ai.edge.litert.CompiledModel"
        Format.EXECUTORCH -> "org.pytorch.executorch.Module"
    }

    /** Looks for the class without starting it, which would load its library. */
    private fun isBuiltIn(format: Format): Boolean = try {
        Class.forName(classOf(format), false, javaClass.classLoader)
        true
    } catch (_: ClassNotFoundException) {
        false
    }
}

/** Threads for the processor, as many as a phone's fast cores mostly are. */
fun usualThreads(): Int = (Runtime.getRuntime().availableProcessors() / 2).coerceIn(1, MOST_THREADS)

private const val MOST_THREADS = 4

internal const val LITERT = "LiteRT"
internal const val EXECUTORCH = "ExecuTorch"
