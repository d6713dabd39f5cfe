package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.ValueSource

class RgbImageTest {
    /** Letters A to F, each a pixel of three equal values. */
    private fun image(width: Int, letters: String): RgbImage {
        val pixels = ByteArray(3 * letters.length) { letters[it / 3].code.toByte() }
        return RgbImage(width, letters.length / width, pixels)
    }

    private fun letters(image: RgbImage) =
        (0 until image.width * image.height).map { image.pixels[3 * it].toInt().toChar() }.joinToString("")

    @ParameterizedTest
    @CsvSource(
        "1, 3, ABCDEF", "2, 3, CBAFED", "3, 3, FEDCBA", "4, 3, DEFABC",
        "5, 2, ADBECF", "6, 2, DAEBFC", "7, 2, FCEBDA", "8, 2, CFBEAD",
    )
    fun orientationsAreUndone(orientation: Int, width: Int, expected: String) {
        val found = image(3, "ABCDEF").upright(orientation)
        assertEquals(width, found.width)
        assertEquals(expected, letters(found))
    }

    @ParameterizedTest
    @ValueSource(ints = [0, 1, 9, -1, 65535])
    fun noOrUnknownOrientationsChangeNothing(orientation: Int) {
        val image = image(3, "ABCDEF")
        assertSame(image, image.upright(orientation))
    }

    @ParameterizedTest
    @CsvSource("0, ABCDEF", "90, DAEBFC", "180, FEDCBA", "270, CFBEAD", "-90, CFBEAD", "360, ABCDEF", "450, DAEBFC")
    fun quartersAreClockwise(degrees: Int, expected: String) {
        assertEquals(expected, letters(image(3, "ABCDEF").turned(degrees)))
    }

    @Test
    fun channelsStayInTheirOrder() {
        val image = RgbImage(2, 1, byteArrayOf(1, 2, 3, 4, 5, 6))
        assertArrayEquals(byteArrayOf(4, 5, 6, 1, 2, 3), image.upright(2).pixels)
    }

    @Test
    fun coloursAreReadRowByRow() {
        val rows = listOf(intArrayOf(0x7F010203, 0x00FF8000), intArrayOf(-1, 0x00040506))
        val image = RgbImage.ofColours(2, 2) { row, into -> rows[row].copyInto(into) }
        assertEquals(listOf(1, 2, 3, 255, 128, 0, 255, 255, 255, 4, 5, 6), image.pixels.map { it.toInt() and 0xFF })
        assertThrows(IllegalArgumentException::class.java) { RgbImage.ofColours(0, 2) { _, _ -> } }
    }

    @Test
    fun fourQuartersAreNone() {
        val image = image(2, "ABCDEF")
        val turned = image.turned(90).turned(90).turned(90).turned(90)
        assertEquals(letters(image), letters(turned))
        assertEquals(image.width, turned.width)
    }

    @Test
    fun imagesOfOtherSizesAreRefused() {
        val impossible = listOf(listOf(0, 1, 0), listOf(1, 1, 4), listOf(-1, -1, 3), listOf(65536, 65536, 0))
        for ((width, height, bytes) in impossible) {
            assertThrows(IllegalArgumentException::class.java) { RgbImage(width, height, ByteArray(bytes)) }
        }
        assertThrows(IllegalArgumentException::class.java) { image(3, "ABC").turned(45) }
    }
}
