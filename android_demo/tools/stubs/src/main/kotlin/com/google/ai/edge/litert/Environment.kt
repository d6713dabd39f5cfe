package com.google.ai.edge.litert

/** Compile-only: the part of LiteRT's class that the app calls. */
class Environment private constructor() : AutoCloseable {
    fun getAvailableAccelerators(): Set<Accelerator> = compileOnly()

    override fun close(): Unit = compileOnly()

    companion object {
        @JvmStatic
        fun create(): Environment = compileOnly()
    }
}
