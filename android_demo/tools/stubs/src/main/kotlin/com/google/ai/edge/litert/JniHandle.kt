package com.google.ai.edge.litert

import java.util.concurrent.atomic.AtomicBoolean

/** Stands for LiteRT's class: something of native code that is closed once. */
abstract class JniHandle internal constructor(internal val handle: Long) : AutoCloseable {
    private val isClosed = AtomicBoolean()

    protected fun assertNotDestroyed() {
        check(!isClosed.get()) { "The handle has been destroyed." }
    }

    protected abstract fun destroy()

    final override fun close() {
        if (!isClosed.getAndSet(true)) destroy()
    }
}
