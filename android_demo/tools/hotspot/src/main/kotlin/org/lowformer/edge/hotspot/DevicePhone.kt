package org.lowformer.edge.hotspot

import org.lowformer.edge.lab.Clock
import org.lowformer.edge.lab.KernelClocks
import org.lowformer.edge.lab.KernelMemory
import org.lowformer.edge.lab.Lab
import org.lowformer.edge.lab.PhoneState
import org.lowformer.edge.lab.Surroundings
import org.lowformer.edge.runtime.Runtimes
import java.io.File

/** A machine that tells nothing of its battery and its heat. */
private val SILENT = PhoneState(null, null, null, null, null)

/** Does a request of a job as the app does, where [phone] holds what is a phone's file system. */
internal fun performOn(runtimes: Runtimes, phone: File, folder: File, number: Int) {
    val surroundings = Surroundings(Clock(System::nanoTime), { SILENT }, KernelMemory(), KernelClocks())
    val lab = Lab(runtimes, surroundings, mapOf("app" to "on HotSpot"), runtimes::load)
    lab.perform(folder, number, File(phone, "sdcard/Android/data/org.lowformer.edge/files"), { null }) {}
}
