package org.lowformer.edge.lab

import java.io.File

/**
 * How far a request is.
 *
 * @property done images, rounds or seconds.
 * @property total of them, or 0 where nobody knows.
 * @property what is being done, a file's name.
 */
data class Step(val done: Int, val total: Int, val what: String)

/**
 * Tells how far a request is, at most once a second: in a file for the computer, and to a screen.
 *
 * @param file is for the computer; null where there is none.
 */
internal class Progress(private val file: File?, private val clock: Clock, private val listener: (Step) -> Unit) {
    private var done = 0
    private var total = 0
    private var what = ""
    private var told: Long? = null

    /** Begins with something of [count] images, rounds or seconds more. */
    fun begin(what: String, count: Int = 0) {
        this.what = what
        total += count
        tell()
    }

    /** Tells of images, rounds or seconds that are done. */
    fun advance(count: Int = 1) {
        done += count
        val last = told
        if (last == null || clock.nanoseconds() - last >= PERIOD) tell()
    }

    private fun tell() {
        told = clock.nanoseconds()
        file?.let(::write)
        listener(Step(done, total, what))
    }

    private fun write(file: File) {
        val beside = File(file.parentFile, "${file.name}.tmp")
        beside.writeText(done.toString())
        replace(beside, file)
    }

    private companion object {
        const val PERIOD = 1_000_000_000L
    }
}
