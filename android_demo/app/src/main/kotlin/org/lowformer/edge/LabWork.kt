package org.lowformer.edge

import android.os.Handler
import android.os.Looper
import android.os.Process
import java.io.File
import org.lowformer.edge.lab.Lab
import org.lowformer.edge.lab.Step

/**
 * A request of a job on a thread of its own, whatever becomes of the screen that shows it.
 *
 * What the job cannot be read for at all is thrown there, and ends the app: the computer then shows why.
 *
 * @param lab does it.
 * @param folder the job's.
 * @param number of the request.
 * @param root where answers go.
 */
class LabWork(private val lab: Lab, private val folder: File, private val number: Int, private val root: File) {
    /** What a screen wants to know, on the main thread. */
    interface Screen {
        fun show(step: Step)

        fun close()
    }

    private val main = Handler(Looper.getMainLooper())
    private var screen: Screen? = null
    private var last: Step? = null
    private var isOver = false

    @Volatile
    private var cancelled: String? = null

    /** Begins. */
    fun start() = Thread(::work, "lab").start()

    /** Asks for an end, for which the answer gives a reason. */
    fun cancel(reason: String) {
        if (cancelled == null) cancelled = reason
    }

    /** Shows on a screen how far it is, or on none. */
    fun showOn(screen: Screen?) {
        this.screen = screen
        last?.let { screen?.show(it) }
        if (isOver) screen?.close()
    }

    private fun work() {
        Process.setThreadPriority(Process.THREAD_PRIORITY_FOREGROUND)
        lab.perform(folder, number, root, { cancelled }, ::tell)
        main.post {
            isOver = true
            screen?.close()
        }
    }

    private fun tell(step: Step) {
        main.post {
            last = step
            screen?.show(step)
        }
    }
}
