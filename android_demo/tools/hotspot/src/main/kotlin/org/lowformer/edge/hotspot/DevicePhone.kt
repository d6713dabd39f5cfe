package org.lowformer.edge.hotspot

import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.lab.Benchmark
import org.lowformer.edge.lab.BenchmarkEnd
import org.lowformer.edge.lab.Clock
import org.lowformer.edge.lab.KernelClocks
import org.lowformer.edge.lab.KernelMemory
import org.lowformer.edge.lab.Lab
import org.lowformer.edge.lab.PhoneState
import org.lowformer.edge.lab.Surroundings
import org.lowformer.edge.runtime.Runtimes
import java.io.File
import java.util.Date

/** A machine that tells nothing of its battery and its heat. */
private val SILENT = PhoneState(null, null, null, null, null)

private const val FEW = 3

/** Measures a bundle as the benchmark screen does, and saves its report. */
internal fun benchmark(runtimes: Runtimes, folder: File, report: File) {
    val plan = Benchmark.Plan(threads = 1, passes = FEW, rounds = FEW)
    val benchmark = Benchmark(runtimes, surroundings(), mapOf("app" to "on HotSpot"), runtimes::load, plan)
    val scratch = File(report.path + ".scratch")
    when (val end = benchmark.run(Bundle.open(folder), scratch, Date(), { null }) { _, _ -> }) {
        is BenchmarkEnd.Done -> report.writeText(end.report.text)
        is BenchmarkEnd.Broken -> throw EdgeException(end.reason)
    }
}

private fun surroundings() = Surroundings(Clock(System::nanoTime), { SILENT }, KernelMemory(), KernelClocks())

/** Does a request of a job as the app does, where [phone] holds what is a phone's file system. */
internal fun performOn(runtimes: Runtimes, phone: File, folder: File, number: Int) {
    val lab = Lab(runtimes, surroundings(), mapOf("app" to "on HotSpot"), runtimes::load)
    lab.perform(folder, number, File(phone, "sdcard/Android/data/org.lowformer.edge/files"), { null }) {}
}
