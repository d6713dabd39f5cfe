package org.lowformer.edge

import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** Writes golden vectors as numpy does: one grey image, and one output of ascending values. */
internal fun writeGolden(file: File, side: Int, outputs: Map<String, List<Int>>) = ZipOutputStream(file.outputStream()).use { zip ->
    zip.add("pixels", "|u1", listOf(1, side, side, 3), ByteArray(side * side * 3) { 127 })
    for ((name, shape) in outputs) {
        val buffer = ByteBuffer.allocate(4 * shape.fold(1, Int::times)).order(ByteOrder.LITTLE_ENDIAN)
        while (buffer.hasRemaining()) buffer.putFloat(buffer.position() / 4f)
        zip.add(name, "<f4", listOf(1) + shape, buffer.array())
    }
}

private fun ZipOutputStream.add(name: String, type: String, shape: List<Int>, content: ByteArray) {
    val dictionary = "{'descr': '$type', 'fortran_order': False, 'shape': (${shape.joinToString(", ")}), }"
    val header = dictionary.padEnd((dictionary.length + 11 + 63) / 64 * 64 - 11) + "\n"
    val file = ByteArrayOutputStream()
    file.write(byteArrayOf(0x93.toByte()) + "NUMPY".toByteArray() + byteArrayOf(1, 0))
    file.write(byteArrayOf((header.length and 0xFF).toByte(), (header.length shr 8).toByte()))
    file.write(header.toByteArray())
    file.write(content)
    putNextEntry(ZipEntry("$name.npy"))
    write(file.toByteArray())
    closeEntry()
}
