package org.lowformer.edge.core

import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** Writes numpy's array files, good and bad ones. */
object NumpyFile {
    fun header(descr: String, shape: String, order: String = "False") =
        "{'descr': '$descr', 'fortran_order': $order, 'shape': ($shape), }"

    /** A .npy file with any text as its header. */
    fun npy(header: String, values: ByteArray, version: Int = 1): ByteArray {
        val start = if (version == 1) 10 else 12
        val padded = header + " ".repeat(63 - (start + header.length) % 64) + "\n"
        val length = ByteBuffer.allocate(start - 8).order(ByteOrder.LITTLE_ENDIAN)
        if (version == 1) length.putShort(padded.length.toShort()) else length.putInt(padded.length)
        return byteArrayOf(0x93.toByte()) + "NUMPY".toByteArray() + byteArrayOf(version.toByte(), 0) + length.array() +
            padded.toByteArray() + values
    }

    fun npz(file: File, entries: Map<String, ByteArray>) {
        val bytes = ByteArrayOutputStream()
        ZipOutputStream(bytes).use { zip ->
            for ((name, content) in entries) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(content)
                zip.closeEntry()
            }
        }
        file.writeBytes(bytes.toByteArray())
    }

    fun pixels(count: Int, height: Int, width: Int): ByteArray =
        npy(header("|u1", "$count, $height, $width, 3"), ByteArray(count * height * width * 3) { it.toByte() })

    fun logits(count: Int, classes: Int): ByteArray {
        val values = ByteBuffer.allocate(4 * count * classes).order(ByteOrder.LITTLE_ENDIAN)
        for (index in 0 until count * classes) values.putFloat(index / 4f)
        return npy(header("<f4", "$count, $classes"), values.array())
    }

    /** Golden vectors as Python saves them. */
    fun golden(file: File, count: Int, height: Int, classes: Int, width: Int = height) =
        npz(file, mapOf("pixels.npy" to pixels(count, height, width), "logits.npy" to logits(count, classes)))
}
