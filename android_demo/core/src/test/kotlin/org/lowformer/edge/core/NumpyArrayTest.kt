package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource
import java.io.File
import java.util.Random

class NumpyArrayTest {
    @TempDir
    lateinit var folder: File

    private val file get() = File(folder, "golden.npz")

    private fun read(npy: ByteArray, type: NumpyArray.Type = NumpyArray.Type.UINT8): NumpyArray {
        NumpyFile.npz(file, mapOf("x.npy" to npy))
        return NumpyArray.read(file, "x", type)
    }

    @ParameterizedTest
    @ValueSource(ints = [1, 2, 3])
    fun everyVersionIsRead(version: Int) {
        val values = ByteArray(6) { (it * 40).toByte() }
        val found = read(NumpyFile.npy(NumpyFile.header("|u1", "2, 3"), values, version))
        assertEquals(listOf(2, 3), found.shape)
        assertArrayEquals(values, found.bytes)
    }

    @Test
    fun floatsAreLittleEndian() {
        NumpyFile.npz(file, mapOf("x.npy" to NumpyFile.logits(2, 3)))
        val found = NumpyArray.read(file, "x", NumpyArray.Type.FLOAT32)
        assertArrayEquals(floatArrayOf(0f, 0.25f, 0.5f, 0.75f, 1f, 1.25f), found.floats())
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = ["''|1", "4,|4", "0|0", "3, 0, 5|0", "1, 1, 1, 1, 1, 1, 1, 1|1"])
    fun shapesAreRead(shape: String, size: Int) {
        assertEquals(size, read(NumpyFile.npy(NumpyFile.header("|u1", shape), ByteArray(size))).bytes.size)
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "", "{}", "{'descr': '|u1'}", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}x",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1.5,), }",
            "{'descr': '|u1', 'fortran_order': False, 'shape': 1, }",
            "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,), }",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999,), }",
        ],
    )
    fun otherHeadersAreRefused(header: String) = assertRefused("header is damaged") {
        read(NumpyFile.npy(header, ByteArray(1)))
    }

    @ParameterizedTest
    @ValueSource(strings = ["<f8", ">f4", "|O", "<u2", "|i1", "|b1", "<f4", "|S5"])
    fun otherTypesAreRefused(descr: String) = assertRefused("its type is '${descr}', not |u1") {
        read(NumpyFile.npy(NumpyFile.header(descr, "1,"), ByteArray(8)))
    }

    @Test
    fun theOtherOrderIsRefused() = assertRefused("not in C order") {
        read(NumpyFile.npy(NumpyFile.header("|u1", "2, 2", "True"), ByteArray(4)))
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "999999999,", "65536, 65536", "999999999, 999999999, 999999999", "65536, 65536, 0, 1, 65536, 65536",
            "1, 1, 1, 1, 1, 1, 1, 1, 1",
        ],
    )
    fun absurdShapesAreRefused(shape: String) {
        val message = refusal { read(NumpyFile.npy(NumpyFile.header("|u1", shape), ByteArray(1))) }
        assertTrue(listOf("absurd", "longer", "9 dimensions").any { it in message.orEmpty() }) { "$message" }
    }

    @ParameterizedTest
    @ValueSource(ints = [0, 5, 7])
    fun sizesThatDoNotFitTheShapeAreRefused(size: Int) {
        val message = refusal { read(NumpyFile.npy(NumpyFile.header("|u1", "2, 3"), ByteArray(size))) }
        assertTrue(message != null && ("cut off" in message || "longer" in message)) { "$message" }
    }

    @Test
    fun aFileThatClaimsMuchAndHoldsLittleTakesLittle() {
        // 2^28 bytes are allowed; a heap of some MB must do for a file that has none of them.
        val npy = NumpyFile.npy(NumpyFile.header("|u1", "268435456,"), ByteArray(10))
        assertRefused("cut off") { repeat(50) { read(npy) } }
    }

    @Test
    fun whatUnpacksToMoreThanItsShapeIsRefused() {
        // 20 MB of zeros in 20 kB; no more of them are unpacked than the header promises.
        assertRefused("longer") { read(NumpyFile.npy(NumpyFile.header("|u1", "6,"), ByteArray(20_000_000))) }
    }

    @Test
    fun otherFilesAreRefused() {
        assertRefused("not a readable array file") { NumpyArray.read(file, "x", NumpyArray.Type.UINT8) }
        for (content in listOf("", "a".repeat(100), "PK\u0003\u0004", "PK\u0005\u0006")) {
            file.writeText(content)
            assertRefused("not a readable array file") { NumpyArray.read(file, "x", NumpyArray.Type.UINT8) }
        }
        NumpyFile.npz(file, mapOf("y.npy" to ByteArray(1)))
        assertRefused("it has no array 'x'") { NumpyArray.read(file, "x", NumpyArray.Type.UINT8) }
        assertRefused("it is no .npy file") { read(ByteArray(100)) }
        assertRefused("cut off") { read(ByteArray(3)) }
        assertRefused("version") { read(NumpyFile.npy(NumpyFile.header("|u1", "1,"), ByteArray(1)).also { it[6] = 9 }) }
    }

    /** Every cut and every changed byte of a file: read as before, or refused with one line. */
    @Test
    fun damageIsNoticed() {
        val values = ByteArray(3000).also { Random(0).nextBytes(it) }
        val good = NumpyFile.npy(NumpyFile.header("|u1", "3000,"), values)
        NumpyFile.npz(file, mapOf("x.npy" to good))
        val bytes = file.readBytes()
        val random = Random(1)
        var refused = 0
        repeat(1500) { round ->
            val damaged = if (round % 2 == 0) bytes.copyOf(random.nextInt(bytes.size)) else bytes.copyOf()
            if (round % 2 == 1) damaged[random.nextInt(bytes.size)] = random.nextInt(256).toByte()
            file.writeBytes(damaged)
            val message = refusal { assertArrayEquals(values, NumpyArray.read(file, "x", NumpyArray.Type.UINT8).bytes) }
            if (message != null) {
                refused++
                assertOneLine(message)
            }
        }
        assertTrue(refused > 1200) { "$refused" }
    }
}
