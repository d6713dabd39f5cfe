package org.lowformer.edge.core

import java.io.InputStream
import java.util.zip.GZIPInputStream

/** What Python wrote for these tests, found through the class loader. */
object Resource {
    fun text(name: String): String = stream(name).use { it.readBytes().toString(Charsets.UTF_8) }

    fun unzipped(name: String): ByteArray = GZIPInputStream(stream(name)).use { it.readBytes() }

    private fun stream(name: String): InputStream =
        checkNotNull(Resource::class.java.getResourceAsStream("/golden/$name")) { "there is no resource $name" }
}
