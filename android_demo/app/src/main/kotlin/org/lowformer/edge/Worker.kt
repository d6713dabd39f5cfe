package org.lowformer.edge

import android.os.Handler
import android.os.HandlerThread

/** A thread that does one thing after the other, for as long as the process lives. */
internal class Worker(name: String) {
    val handler = Handler(HandlerThread(name).apply { start() }.looper)

    fun begin(task: () -> Unit) {
        handler.post(task)
    }
}
