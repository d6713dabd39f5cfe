package org.lowformer.edge.lab

import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class KernelTest {
    @TempDir
    lateinit var root: File

    @Test
    fun `the peak is what came on top`() {
        File(root, "status").writeText("VmHWM:\t  99999 kB\nVmRSS:\t   1000 kB\n")
        val memory = KernelMemory(root)
        assertNull(memory.megabytes())
        memory.restart()
        assertEquals("5", File(root, "clear_refs").readText())
        File(root, "status").writeText("VmHWM:\t   3500 kB\nVmRSS:\t   2000 kB\n")
        assertEquals(2.56, memory.megabytes())
        File(root, "status").delete()
        assertNull(memory.megabytes())
        memory.restart()
        assertNull(memory.megabytes())
    }

    @Test
    fun `the fastest core counts`() {
        assertNull(KernelClocks(root).megahertz())
        listOf("cpu0" to "1800000\n", "cpu7" to "2900000\n", "cpufreq" to "9900000\n").forEach { (core, text) ->
            File(root, "$core/cpufreq").mkdirs()
            File(root, "$core/cpufreq/scaling_cur_freq").writeText(text)
        }
        File(root, "cpu1").mkdirs()
        assertEquals(2900.0, KernelClocks(root).megahertz())
    }
}
