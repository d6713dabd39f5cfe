package org.lowformer.edge.core

import java.io.DataInputStream
import java.io.EOFException
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.CheckedInputStream
import java.util.zip.CRC32
import java.util.zip.ZipException
import java.util.zip.ZipFile

/**
 * An array in C order.
 *
 * @property bytes its values, little endian.
 */
internal class NumpyArray(val shape: List<Int>, val bytes: ByteArray) {
    /** The values of an array of float32. */
    fun floats(): FloatArray {
        val values = FloatArray(bytes.size / Float.SIZE_BYTES)
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values)
        return values
    }

    /** Type of an array's values, by its name in a file, and its size. */
    enum class Type(val id: String, val bytes: Int) {
        UINT8("|u1", 1),
        FLOAT32("<f4", 4),
    }

    companion object {
        /** Bytes of an array. What a file says of its size is believed up to here only. */
        const val MOST_BYTES = 1L shl 28

        private const val MAGIC = "\u0093NUMPY"
        private const val LONGEST_HEADER = 1 shl 14
        private const val MOST_DIMENSIONS = 8
        private const val SHAPE = "(?:[0-9]{1,9}, ?)*(?:[0-9]{1,9})?"
        private val HEADER =
            Regex("""\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(($SHAPE)\), \}\s*""")

        /**
         * Reads an array of a `.npz` file.
         *
         * @throws EdgeException the file cannot be read, is damaged, lacks the array, or holds another type.
         */
        fun read(file: File, name: String, type: Type): NumpyArray = try {
            ZipFile(file).use { zip ->
                val entry = zip.getEntry("$name.npy") ?: throw ZipException("it has no array ${shown(name)}")
                val stream = CheckedInputStream(zip.getInputStream(entry), CRC32())
                val array = parse(stream, type)
                if (stream.checksum.value != entry.crc) throw ZipException("${shown(name)} differs from its checksum")
                array
            }
        } catch (error: IOException) {
            throw unreadable(file, error.message ?: "it cannot be read", error)
        } catch (error: IllegalArgumentException) {
            throw unreadable(file, "a name in it is damaged", error)
        }

        private fun unreadable(file: File, reason: String, cause: Exception) =
            EdgeException("${shown(file.name)}: not a readable array file ($reason); export again", cause)

        /** Reads a `.npy` file of the versions 1 to 3, whose headers differ in their lengths' sizes. */
        private fun parse(stream: InputStream, type: Type): NumpyArray {
            val data = DataInputStream(stream)
            val (descr, order, sides) = HEADER.matchEntire(header(data))?.destructured ?: fail("its header is damaged")
            if (descr != type.id) fail("its type is ${shown(descr)}, not ${type.id}")
            if (order != "False") fail("it is not in C order")
            val shape = sides.split(',').map { it.trim() }.filter { it.isNotEmpty() }.map { it.toInt() }
            if (shape.size > MOST_DIMENSIONS) fail("it has ${shape.size} dimensions")
            val size = shape.fold(type.bytes.toLong()) { product, side -> minOf(product * side, MOST_BYTES + 1) }
            if (size > MOST_BYTES) fail("its shape $shape is absurd")
            val bytes = data.readWhole(size.toInt())
            if (stream.read() != -1) fail("it is longer than its shape $shape")
            return NumpyArray(shape, bytes)
        }

        private fun header(data: DataInputStream): String {
            val start = data.readWhole(MAGIC.length + 2)
            if (String(start, 0, MAGIC.length, Charsets.ISO_8859_1) != MAGIC) fail("it is no .npy file")
            val length = when (start[MAGIC.length].toInt()) {
                1 -> java.lang.Short.reverseBytes(data.readShort()).toInt() and 0xFFFF
                2, 3 -> Integer.reverseBytes(data.readInt())
                else -> fail("its version is unknown")
            }
            if (length !in 0..LONGEST_HEADER) fail("its header is damaged")
            return String(data.readWhole(length), Charsets.UTF_8)
        }

        /** Reads in pieces, so that a file that claims much and holds little takes little memory. */
        private fun DataInputStream.readWhole(size: Int): ByteArray {
            var bytes = ByteArray(minOf(size, 1 shl 20))
            var filled = 0
            while (filled < size) {
                if (filled == bytes.size) bytes = bytes.copyOf(minOf(size.toLong(), 2L * filled).toInt())
                val count = read(bytes, filled, bytes.size - filled)
                if (count < 0) throw EOFException("it is cut off")
                filled += count
            }
            return bytes
        }

        private fun fail(reason: String): Nothing = throw ZipException(reason)
    }
}
