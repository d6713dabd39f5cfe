package org.lowformer.edge.hotspot

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes
import java.io.File
import kotlin.system.exitProcess

/** Versions of the runtimes, as whoever starts this states them. */
private const val LITERT_VERSION = "lowformer.litert"
private const val EXECUTORCH_VERSION = "lowformer.executorch"

/** A folder for a GPU's programs and packed weights. */
private const val CACHE = "lowformer.cache"

/**
 * Does what the app does, in Java's own virtual machine.
 *
 * `lab PHONE FOLDER NUMBER` does a request of the device protocol. `classify ACCELERATOR BUNDLE IMAGE...`
 * prints a line of JSON for each image and each file of a bundle; images are PPM. `benchmark BUNDLE REPORT` does what
 * the benchmark screen does, with few runs.
 *
 * The first library that is loaded is `libc.so`, which stands in for Android's; it opens the others.
 */
fun main(arguments: Array<String>) {
    System.loadLibrary("c")
    val versions = RuntimeVersions(stated(LITERT_VERSION), stated(EXECUTORCH_VERSION))
    val runtimes = Runtimes(versions, System.getProperty(CACHE)?.let(::File))
    try {
        when (arguments.first()) {
            "lab" -> performOn(runtimes, File(arguments[1]), File(arguments[2]), arguments[3].toInt())
            "benchmark" -> benchmark(runtimes, File(arguments[1]), File(arguments[2]))
            "classify" -> {
                val accelerator = Accelerator.entries.single { it.id == arguments[1] }
                val paths = arguments.drop(2).map(::File)
                Classification(runtimes, accelerator, paths.first(), paths.drop(1)).print()
            }
            else -> throw EdgeException("${arguments.first()} is unknown here")
        }
    } catch (error: EdgeException) {
        System.err.println(error.message)
        exitProcess(1)
    }
}

private fun stated(property: String): String = System.getProperty(property) ?: "of unknown version"
