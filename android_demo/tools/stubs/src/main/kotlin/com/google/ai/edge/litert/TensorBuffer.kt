package com.google.ai.edge.litert

/** Compile-only: the part of LiteRT's class that the app calls. */
class TensorBuffer internal constructor() : AutoCloseable {
    fun writeFloat(data: FloatArray): Unit = compileOnly()

    fun writeInt8(data: ByteArray): Unit = compileOnly()

    fun readFloat(): FloatArray = compileOnly()

    fun readInt8(): ByteArray = compileOnly()

    override fun close(): Unit = compileOnly()
}
