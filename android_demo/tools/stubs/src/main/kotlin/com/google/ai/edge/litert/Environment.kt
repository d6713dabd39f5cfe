package com.google.ai.edge.litert

/** Stands for LiteRT's class, as far as the app calls it. */
class Environment private constructor(handle: Long) : JniHandle(handle) {
    enum class Option(val value: Int) {
        CompilerPluginLibraryDir(0),
        DispatchLibraryDir(1),
    }

    @Throws(LiteRtException::class)
    fun getAvailableAccelerators(): Set<Accelerator> {
        assertNotDestroyed()
        val found = nativeGetAvailableAccelerators(handle)
        return Accelerator.values().filter { it.value in found }.toSet()
    }

    override fun destroy(): Unit = nativeDestroy(handle)

    companion object {
        init {
            System.loadLibrary("litert_jni")
        }

        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(options: Map<Option, String> = mapOf()): Environment {
            val keys = IntArray(options.size)
            options.keys.forEachIndexed { index, key -> keys[index] = key.value }
            return Environment(nativeCreate(keys, options.values.toTypedArray()))
        }

        @JvmStatic
        private external fun nativeCreate(keys: IntArray, values: Array<String>): Long

        @JvmStatic
        private external fun nativeGetAvailableAccelerators(handle: Long): IntArray

        @JvmStatic
        private external fun nativeDestroy(handle: Long)
    }
}
