package com.google.ai.edge.litert

/** Stands for LiteRT's class, as far as the app calls it. */
class TensorBuffer internal constructor(handle: Long) : JniHandle(handle) {
    @Throws(LiteRtException::class)
    fun writeFloat(data: FloatArray) {
        assertNotDestroyed()
        nativeWriteFloat(handle, data)
    }

    @Throws(LiteRtException::class)
    fun writeInt8(data: ByteArray) {
        assertNotDestroyed()
        nativeWriteInt8(handle, data)
    }

    @Throws(LiteRtException::class)
    fun readFloat(): FloatArray {
        assertNotDestroyed()
        return nativeReadFloat(handle)
    }

    @Throws(LiteRtException::class)
    fun readInt8(): ByteArray {
        assertNotDestroyed()
        return nativeReadInt8(handle)
    }

    override fun destroy(): Unit = nativeDestroy(handle)

    companion object {
        init {
            System.loadLibrary("litert_jni")
        }

        @JvmStatic
        private external fun nativeWriteFloat(handle: Long, data: FloatArray)

        @JvmStatic
        private external fun nativeWriteInt8(handle: Long, data: ByteArray)

        @JvmStatic
        private external fun nativeReadFloat(handle: Long): FloatArray

        @JvmStatic
        private external fun nativeReadInt8(handle: Long): ByteArray

        @JvmStatic
        private external fun nativeDestroy(handle: Long)
    }
}
