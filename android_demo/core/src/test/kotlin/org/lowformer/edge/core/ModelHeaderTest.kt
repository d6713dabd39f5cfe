package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

class ModelHeaderTest {
    @TempDir
    lateinit var folder: File

    private fun file(name: String, bytes: ByteArray) = File(folder, name).apply { writeBytes(bytes) }

    private fun program(
        size: Int = 100,
        length: Int = 32,
        program: Long = 60,
        segments: Long = 64,
        data: Long = 36,
    ): ByteArray = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN)
        .putInt(60)
        .put("ET12eh00".toByteArray())
        .putInt(length)
        .putLong(program)
        .putLong(segments)
        .putLong(data)
        .array()

    private fun refusal(file: File, format: Format): String? =
        assertThrows(EdgeException::class.java) { ModelHeader.check(file, format) }.message

    @Test
    fun wholeFilesPass() {
        ModelHeader.check(file("a.pte", program()), Format.EXECUTORCH)
        ModelHeader.check(file("b.pte", program(segments = 0, data = 0)), Format.EXECUTORCH)
        ModelHeader.check(file("c.tflite", ByteArray(4) + "TFL3".toByteArray() + ByteArray(40)), Format.TFLITE)
    }

    @Test
    fun aHeaderBeforeSegmentsHadSizesTellsOfTheProgramAlone() {
        ModelHeader.check(file("a.pte", program(length = 24, data = 1L shl 40)), Format.EXECUTORCH)
    }

    @Test
    fun anOldProgramWithoutAHeaderPasses() {
        ModelHeader.check(file("a.pte", ByteArray(4) + "ET12".toByteArray() + ByteArray(40)), Format.EXECUTORCH)
    }

    @Test
    fun aFileOfAnotherKindIsRefused() {
        assertEquals(
            "a.tflite: not a TFLite model; export it again",
            refusal(file("a.tflite", program()), Format.TFLITE),
        )
        val other = ByteArray(4) + "TFL3".toByteArray() + ByteArray(40)
        assertEquals("a.pte: not an ExecuTorch program; export it again", refusal(file("a.pte", other), Format.EXECUTORCH))
    }

    @Test
    fun aFileThatIsCutOffIsRefused() {
        assertEquals(
            "a.pte: cut off, 99 of 100 bytes are there; copy it again",
            refusal(file("a.pte", program().copyOf(99)), Format.EXECUTORCH),
        )
        assertEquals(
            "b.pte: cut off, 100 of 101 bytes are there; copy it again",
            refusal(file("b.pte", program(program = 101)), Format.EXECUTORCH),
        )
        assertEquals(
            "c.pte: damaged, it has 7 bytes; copy it again",
            refusal(file("c.pte", program().copyOf(7)), Format.EXECUTORCH),
        )
    }

    @Test
    fun sizesBeyondAllFilesAreNoReasonToTrustOne() {
        val absurd = program(segments = Long.MAX_VALUE, data = Long.MAX_VALUE)
        assertEquals("a.pte: damaged, its sizes are absurd; copy it again", refusal(file("a.pte", absurd), Format.EXECUTORCH))
    }

    @Test
    fun aFileThatIsNotThereIsRefused() {
        val message = refusal(File(folder, "none.pte"), Format.EXECUTORCH).orEmpty()
        assertEquals(true, message.startsWith("none.pte: cannot be read (") && message.endsWith("; copy it again"))
    }
}
