package org.lowformer.edge.lab

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Fields
import org.lowformer.edge.core.shown

/**
 * An array in a file of its own: little endian, in C order, without a header.
 *
 * @property file its name, in the same folder.
 */
data class RawArray(val file: String, val shape: List<Int>, val type: Type) {
    /** Type of the values, by its name in the device protocol, and its size. */
    enum class Type(val id: String, val bytes: Int) {
        UINT8("uint8", 1),
        FLOAT32("float32", 4),
    }

    /** Bytes of the file. */
    val size: Long get() = shape.fold(type.bytes.toLong()) { product, side -> product * side }

    /**
     * The file's bytes.
     *
     * @throws EdgeException the file is missing or of another size.
     */
    fun read(folder: File): ByteArray {
        val path = File(folder, file)
        val bytes = try {
            if (path.length() != size) {
                throw EdgeException("$file: is not the $size bytes that its shape says; send it again")
            }
            path.readBytes()
        } catch (error: IOException) {
            throw EdgeException("$file: cannot be read (${error.message}); send it again", error)
        }
        return bytes
    }

    /** The values of a file of float32, see [read]. */
    fun floats(folder: File): FloatArray {
        val content = ByteBuffer.wrap(read(folder)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
        return FloatArray(content.remaining()).also { content.get(it) }
    }

    /** As it lies in an answer. */
    fun toJson(): JSONObject =
        JSONObject().put("file", file).put("shape", JSONArray(shape)).put("dtype", type.id)

    companion object {
        private val NAME = Regex("[A-Za-z0-9_-]+\\.raw")

        /** More values than a phone can hold. */
        private const val MOST_BYTES = 1L shl 30

        /** @throws EdgeException a field is missing, unknown or wrong. */
        fun parse(fields: Fields): RawArray {
            fields.named("file", "shape", "dtype")
            val file = fields.text("file")
            if (!NAME.matches(file)) throw EdgeException("${fields.place}.file: ${shown(file)} is no name of a raw file")
            val id = fields.text("dtype")
            val type = Type.entries.find { it.id == id }
                ?: throw EdgeException("${fields.place}.dtype: ${shown(id)} is unknown")
            val array = RawArray(file, fields.ints("shape"), type)
            var bytes = 1L
            for (side in array.shape) {
                if (side < 0) throw EdgeException("${fields.place}.shape: a side must not be negative")
                bytes = minOf(MOST_BYTES + 1, bytes * side)
            }
            if (bytes * type.bytes > MOST_BYTES) throw EdgeException("${fields.place}.shape: too many values")
            return array
        }
    }
}
