package org.lowformer.edge.lab

import java.io.File
import java.io.IOException

/** The cores' clocks as Linux tells them, where it lets an app read them. */
class KernelClocks(private val cores: File = File("/sys/devices/system/cpu")) : CoreClocks {
    override fun megahertz(): Double? =
        cores.listFiles { file -> CORE.matches(file.name) }
            .orEmpty()
            .mapNotNull { kilohertz(File(it, "cpufreq/scaling_cur_freq")) }
            .maxOrNull()
            ?.let { it / KILOHERTZ_OF_MEGAHERTZ }

    private fun kilohertz(file: File): Double? = try {
        file.readText().trim().toDoubleOrNull()
    } catch (_: IOException) {
        null
    }

    private companion object {
        val CORE = Regex("cpu[0-9]+")
        const val KILOHERTZ_OF_MEGAHERTZ = 1000
    }
}
