package org.lowformer.edge.core

import java.io.DataInputStream
import java.io.EOFException
import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The first bytes of a model's file.
 *
 * Runtimes trust a file to be one of theirs, and may end the whole process over one that is not.
 */
object ModelHeader {
    private const val SIZE = 40
    private const val IDENTIFIER_END = 8

    /**
     * Checks that a file begins as its format does and, where its beginning tells, is as long as it should be.
     *
     * An ExecuTorch program has after its identifier, in little endian: `eh00`, the header's length in 4
     * bytes, and in 8 bytes each the program's size, where its segments begin, and their size.
     *
     * @throws EdgeException the file is missing, of another kind or cut off.
     */
    fun check(file: File, format: Format) {
        val bytes = start(file)
        val (identifier, kind) = when (format) {
            Format.TFLITE -> "TFL3" to "a TFLite model"
            Format.EXECUTORCH -> "ET12" to "an ExecuTorch program"
        }
        if (text(bytes, IDENTIFIER_END - identifier.length, identifier.length) != identifier) {
            throw EdgeException("${file.name}: not $kind; export it again")
        }
        val expected = if (format == Format.EXECUTORCH) programSize(bytes) else 0
        if (expected < 0) throw EdgeException("${file.name}: damaged, its sizes are absurd; copy it again")
        if (file.length() < expected) {
            throw EdgeException("${file.name}: cut off, ${file.length()} of $expected bytes are there; copy it again")
        }
    }

    private fun start(file: File): ByteArray {
        val bytes = ByteArray(SIZE)
        try {
            DataInputStream(file.inputStream()).use { it.readFully(bytes) }
        } catch (error: EOFException) {
            throw EdgeException("${file.name}: damaged, it has ${file.length()} bytes; copy it again", error)
        } catch (error: IOException) {
            throw EdgeException("${file.name}: cannot be read (${error.message}); copy it again", error)
        }
        return bytes
    }

    /** How long a program says that it is; 0 where it does not tell, negative where that is no size. */
    private fun programSize(bytes: ByteArray): Long {
        if (text(bytes, IDENTIFIER_END, 4) != "eh00") return 0
        val rest = IDENTIFIER_END + 4
        val header = ByteBuffer.wrap(bytes, rest, SIZE - rest).order(ByteOrder.LITTLE_ENDIAN)
        val length = header.int
        val program = header.long
        val segments = header.long
        val data = if (length >= SIZE - IDENTIFIER_END) header.long else 0
        if (minOf(program, segments, data) < 0 || segments + data < 0) return -1
        return maxOf(program, segments + data)
    }

    private fun text(bytes: ByteArray, start: Int, length: Int): String =
        String(bytes, start, length, Charsets.ISO_8859_1)
}
