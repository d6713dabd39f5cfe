package org.lowformer.edge

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipOutputStream
import org.lowformer.edge.lab.addArray

/** Writes golden vectors as numpy does: one grey image, and one output of ascending values. */
internal fun writeGolden(file: File, side: Int, outputs: Map<String, List<Int>>) = ZipOutputStream(file.outputStream()).use { zip ->
    zip.addArray("pixels", "|u1", listOf(1, side, side, 3), ByteArray(side * side * 3) { 127 })
    for ((name, shape) in outputs) {
        val buffer = ByteBuffer.allocate(4 * shape.fold(1, Int::times)).order(ByteOrder.LITTLE_ENDIAN)
        while (buffer.hasRemaining()) buffer.putFloat(buffer.position() / 4f)
        zip.addArray(name, "<f4", listOf(1) + shape, buffer.array())
    }
}
