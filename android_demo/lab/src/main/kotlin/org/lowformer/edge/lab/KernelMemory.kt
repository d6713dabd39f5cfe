package org.lowformer.edge.lab

import java.io.File
import java.io.IOException

/**
 * The peak resident set as Linux tells it, the same way as Python's `runtime/measure/memory.py`.
 *
 * Counts every page that is in RAM for this process, mapped files included.
 *
 * @param process the kernel's folder of this process.
 */
class KernelMemory(private val process: File = File("/proc/self")) : PeakMemory {
    private var start: Long? = null

    override fun restart() {
        start = try {
            File(process, "clear_refs").writeText(RESET_PEAK)
            kilobytes("VmRSS")
        } catch (_: IOException) {
            // A system that does not let the peak begin anew would tell that of what came before.
            null
        }
    }

    override fun megabytes(): Double? {
        val before = start ?: return null
        val peak = try {
            kilobytes("VmHWM") ?: return null
        } catch (_: IOException) {
            return null
        }
        return maxOf(0, peak - before) * BYTES / BYTES_OF_MEGABYTE
    }

    private fun kilobytes(field: String): Long? =
        Regex("^$field:\\s+(\\d+) kB$", RegexOption.MULTILINE)
            .find(File(process, "status").readText())
            ?.let { it.groupValues[1].toLong() }

    private companion object {
        const val RESET_PEAK = "5"
        const val BYTES = 1024
        const val BYTES_OF_MEGABYTE = 1e6
    }
}
