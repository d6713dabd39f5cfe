package org.lowformer.edge.lab

import java.io.ByteArrayOutputStream
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** Adds an array as numpy writes it. The tests over fakes of Android compile this too. */
internal fun ZipOutputStream.addArray(name: String, type: String, shape: List<Int>, content: ByteArray) {
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
