package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.junit.jupiter.params.provider.EnumSource
import java.util.Random
import kotlin.math.abs
import kotlin.math.ceil

class PreprocessingTest {
    private val mean = listOf(0.485f, 0.456f, 0.406f)
    private val std = listOf(0.229f, 0.224f, 0.225f)

    private fun preprocessing(size: Int, cropRatio: Double, interpolation: Interpolation) =
        Preprocessing(size, ceil(size / cropRatio).toInt(), cropRatio, interpolation, mean, std)

    private fun noise(random: Random, width: Int, height: Int): RgbImage {
        val pixels = ByteArray(3 * width * height)
        random.nextBytes(pixels)
        return RgbImage(width, height, pixels)
    }

    /** Calls [check] with preprocessings and images of any size. */
    private fun always(interpolation: Interpolation, check: (Preprocessing, RgbImage) -> Unit) {
        val random = Random(interpolation.ordinal.toLong())
        repeat(80) {
            val spec = preprocessing(1 + random.nextInt(60), 0.3 + 0.7 * random.nextDouble(), interpolation)
            check(spec, noise(random, 1 + random.nextInt(90), 1 + random.nextInt(90)))
        }
    }

    private fun channel(image: RgbImage, index: Int) = image.pixels.slice(index until image.pixels.size step 3)

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun anyImageBecomesTheInputSize(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val found = spec.pixels(image)
        assertEquals(spec.size, found.width)
        assertEquals(spec.size, found.height)
    }

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun aConstantImageStaysConstant(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val colour = byteArrayOf(10, 130.toByte(), 250.toByte())
        val constant = RgbImage(image.width, image.height, ByteArray(image.pixels.size) { colour[it % 3] })
        assertTrue(spec.pixels(constant).pixels.withIndex().all { (index, value) -> value == colour[index % 3] })
    }

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun channelsAreTreatedAlike(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val swapped = ByteArray(image.pixels.size) { image.pixels[it - it % 3 + (it + 1) % 3] }
        val plain = spec.pixels(image)
        val found = spec.pixels(RgbImage(image.width, image.height, swapped))
        for (index in 0 until 3) assertEquals(channel(plain, (index + 1) % 3), channel(found, index))
    }

    /** The pass along the rows comes first, so roundings may differ; the grey is far from where pixels are cut off. */
    @ParameterizedTest
    @EnumSource(Interpolation::class, names = ["BILINEAR", "BICUBIC", "LANCZOS"])
    fun aTransposedImageGivesATransposedCrop(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val values = ByteArray(image.pixels.size) { (128 + image.pixels[it] / 4).toByte() }
        val grey = RgbImage(image.width, image.height, values)
        val plain = spec.pixels(grey).upright(5)
        val found = spec.pixels(grey.upright(5))
        for (index in plain.pixels.indices) {
            val difference = (plain.pixels[index].toInt() and 0xFF) - (found.pixels[index].toInt() and 0xFF)
            assertTrue(abs(difference) <= 2) { "$difference" }
        }
    }

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun theRightSizeIsLeftAlone(interpolation: Interpolation) {
        val random = Random(1)
        repeat(20) {
            val side = 1 + random.nextInt(40)
            val image = noise(random, side, side)
            assertArrayEquals(image.pixels, preprocessing(side, 1.0, interpolation).pixels(image).pixels)
        }
    }

    /** Half a pixel goes to the even number: 0.5 to 0, 1.5 to 2, 2.5 to 2. */
    @ParameterizedTest
    @CsvSource("1, 0", "2, 1", "3, 2", "4, 2", "5, 2", "6, 3", "7, 4")
    fun cropsBeginAtEvenPixels(excess: Int, expected: Int) {
        val size = 10
        val width = size + excess
        val pixels = ByteArray(3 * width * size) { (it / 3 % width).toByte() }
        val found = preprocessing(size, 1.0, Interpolation.BICUBIC).pixels(RgbImage(width, size, pixels))
        assertEquals(expected, found.pixels[0].toInt())
    }

    @Test
    fun normalisationIsTheFormula() {
        val spec = preprocessing(2, 1.0, Interpolation.BICUBIC)
        val random = Random(2)
        val pixels = ByteArray(2 * 2 * 2 * 3)
        random.nextBytes(pixels)
        val nhwc = spec.normalise(pixels, 2, Layout.NHWC)
        val nchw = spec.normalise(pixels, 2, Layout.NCHW)
        for (image in 0 until 2) {
            for (pixel in 0 until 4) {
                for (channel in 0 until 3) {
                    val place = (image * 4 + pixel) * 3 + channel
                    val expected = ((pixels[place].toInt() and 0xFF) / 255f - mean[channel]) / std[channel]
                    assertEquals(expected, nhwc[place])
                    assertEquals(expected, nchw[(image * 3 + channel) * 4 + pixel])
                }
            }
        }
    }

    @Test
    fun whatIsNoImageIsNotNormalised() {
        val spec = preprocessing(2, 1.0, Interpolation.BICUBIC)
        assertThrows(IllegalArgumentException::class.java) { spec.normalise(ByteArray(13), 1, Layout.NHWC) }
        assertThrows(IllegalArgumentException::class.java) { spec.normalise(ByteArray(12), 5, Layout.NHWC) }
        assertThrows(IllegalArgumentException::class.java) { spec.normalise(ByteArray(12), 1, Layout.NK) }
    }

    @ParameterizedTest
    @CsvSource("1, 30000", "30000, 1")
    fun absurdShapesAreRefusedBeforeTheyFillMemory(width: Int, height: Int) {
        val image = RgbImage(width, height, ByteArray(3 * width * height))
        assertRefused("too unequal") { preprocessing(224, 0.95, Interpolation.BICUBIC).pixels(image) }
    }

    @Test
    fun whatAManifestStatesIsRead() {
        val json = JSONObject(
            """{"resize": 236, "size": 224, "crop_ratio": 0.95, "interpolation": "bicubic",
                "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}""",
        )
        assertEquals(preprocessing(224, 0.95, Interpolation.BICUBIC), Preprocessing.parse(json))
        json.put("resize", 235)
        assertRefused("contradicts") { Preprocessing.parse(json) }
        json.put("interpolation", "a\nb")
        assertRefused("choose one of nearest, bilinear, bicubic, lanczos") { Preprocessing.parse(json) }
    }
}
