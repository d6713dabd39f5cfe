package org.lowformer.edge.core

import org.json.JSONArray
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
        preprocessing(Size(size, size), ResizeMode.CROP, cropRatio, interpolation)

    private fun preprocessing(
        size: Size,
        mode: ResizeMode,
        cropRatio: Double = 1.0,
        interpolation: Interpolation = Interpolation.BICUBIC,
        place: PaddingPlace = PaddingPlace.AROUND,
    ): Preprocessing {
        fun covered(side: Int) = if (mode == ResizeMode.CROP) ceil(side / cropRatio).toInt() else side
        val resize = Size(covered(size.height), covered(size.width))
        return Preprocessing(size, resize, mode, cropRatio, interpolation, listOf(1, 128, 254), place, mean, std)
    }

    private fun noise(random: Random, width: Int, height: Int): RgbImage {
        val pixels = ByteArray(3 * width * height)
        random.nextBytes(pixels)
        return RgbImage(width, height, pixels)
    }

    /** Calls [check] with preprocessings and images of any size. */
    private fun always(interpolation: Interpolation, check: (Preprocessing, RgbImage) -> Unit) {
        val random = Random(interpolation.ordinal.toLong())
        repeat(80) {
            val size = Size(1 + random.nextInt(60), 1 + random.nextInt(60))
            val mode = ResizeMode.entries[random.nextInt(3)]
            val place = PaddingPlace.entries[random.nextInt(2)]
            val spec = preprocessing(size, mode, 0.3 + 0.7 * random.nextDouble(), interpolation, place)
            check(spec, noise(random, 1 + random.nextInt(90), 1 + random.nextInt(90)))
        }
    }

    private fun channel(image: RgbImage, index: Int) = image.pixels.slice(index until image.pixels.size step 3)

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun anyImageBecomesTheInputSize(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val found = spec.pixels(image)
        assertEquals(spec.size, Size(found.height, found.width))
    }

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun aConstantImageStaysConstant(interpolation: Interpolation) = always(interpolation) { spec, image ->
        val colour = byteArrayOf(10, 130.toByte(), 250.toByte())
        val constant = RgbImage(image.width, image.height, ByteArray(image.pixels.size) { colour[it % 3] })
        val found = spec.copy(padding = colour.map { it.toInt() and 0xFF }).pixels(constant).pixels
        assertTrue(found.withIndex().all { (index, value) -> value == colour[index % 3] })
    }

    @ParameterizedTest
    @EnumSource(Interpolation::class)
    fun channelsAreTreatedAlike(interpolation: Interpolation) = always(interpolation) { coloured, image ->
        val spec = coloured.copy(padding = listOf(7, 7, 7))
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
        val turned = spec.copy(
            size = Size(spec.size.width, spec.size.height),
            resize = Size(spec.resize.width, spec.resize.height),
        )
        val found = turned.pixels(grey.upright(5))
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
            """{"height": 224, "width": 192, "resize": [236, 203], "resize_mode": "crop", "crop_ratio": 0.95,
                "interpolation": "bicubic", "padding": [1, 128, 254], "padding_place": "around",
                "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}""",
        )
        fun refused(part: String, field: String, value: Any) = assertRefused(part) {
            Preprocessing.parse(JSONObject(json.toString()).put(field, value))
        }
        fun list(vararg values: Any) = JSONArray(values.toList())
        assertEquals(preprocessing(Size(224, 192), ResizeMode.CROP, 0.95), Preprocessing.parse(json))
        refused("236 x 204 contradicts 224 x 192 at resize_mode crop and crop_ratio 0.95", "resize", list(236, 204))
        refused("which give 224 x 192", "resize_mode", "squash")
        refused("resize must be a height and a width", "resize", list(236))
        refused("choose one of crop, squash, letterbox", "resize_mode", "pad")
        refused("choose one of bottom-right, around", "padding_place", "left")
        refused("choose one of nearest, bilinear, bicubic, lanczos", "interpolation", "a\nb")
        refused("three whole numbers from 0 to 255, not [0, 256, 0]", "padding", list(0, 256, 0))
        refused("three whole numbers from 0 to 255, not [0, -1, 0]", "padding", list(0, -1, 0))
        refused("three whole numbers from 0 to 255, not [0, 0]", "padding", list(0, 0))
        refused("padding must be a list of whole numbers", "padding", list(0, 0, 0.5))
        refused("height and width must be from 1 to 32768, not 0 x 192", "height", 0)
        refused("not 224 x 32769", "width", 32769)
        refused("'size' is not a known field", "size", 224)
    }

    @Test
    fun whatIsCoveredHasABound() {
        val size = Size(32_768, 32_768)
        preprocessing(size, ResizeMode.SQUASH)
        assertThrows(IllegalArgumentException::class.java) { preprocessing(size, ResizeMode.CROP, 0.99) }
    }

    /** The image's height and width, and what they become. */
    @ParameterizedTest
    @CsvSource(
        "CROP, 100, 100, 40, 40", "CROP, 100, 50, 60, 30", "CROP, 77, 100, 40, 51", "CROP, 133, 99, 40, 30",
        "SQUASH, 100, 50, 40, 30", "SQUASH, 1, 1, 40, 30", "LETTERBOX, 100, 100, 30, 30",
        "LETTERBOX, 100, 50, 40, 20", "LETTERBOX, 50, 100, 15, 30", "LETTERBOX, 3, 4, 23, 30",
        "LETTERBOX, 80, 1, 40, 1", "LETTERBOX, 1, 60, 1, 30", "LETTERBOX, 1, 61, 1, 30", "LETTERBOX, 32, 25, 38, 30",
        "LETTERBOX, 80, 59, 40, 30", "LETTERBOX, 80, 57, 40, 29", "LETTERBOX, 39, 52, 22, 30",
    )
    fun sizesAreThoseOfPython(mode: ResizeMode, height: Int, width: Int, tall: Int, wide: Int) {
        assertEquals(Size(tall, wide), preprocessing(EXPECTED, mode).resized(Size(height, width)))
    }

    @ParameterizedTest
    @EnumSource(ResizeMode::class)
    fun noSizeOverflows(mode: ResizeMode) {
        val spec = preprocessing(Size(32_768, 32_768), mode)
        val strip = spec.resized(Size(1, Int.MAX_VALUE))
        when (mode) {
            ResizeMode.CROP -> assertEquals(Size(32_768, Int.MAX_VALUE), strip)
            ResizeMode.SQUASH -> assertEquals(spec.size, strip)
            ResizeMode.LETTERBOX -> assertEquals(Size(1, 32_768), strip)
        }
    }

    @ParameterizedTest
    @CsvSource("40, 20, 0, 5", "39, 30, 0, 0", "38, 30, 1, 0", "15, 30, 12, 0", "37, 27, 1, 1")
    fun roomIsLeftAround(tall: Int, wide: Int, top: Int, left: Int) {
        val around = preprocessing(EXPECTED, ResizeMode.LETTERBOX)
        assertEquals(top to left, around.placed(Size(tall, wide)))
        val below = preprocessing(EXPECTED, ResizeMode.LETTERBOX, place = PaddingPlace.BOTTOM_RIGHT)
        assertEquals(0 to 0, below.placed(Size(tall, wide)))
    }

    @Test
    fun thePaddingIsBesideTheImage() {
        val image = RgbImage(2, 1, byteArrayOf(10, 20, 30, 40, 50, 60))
        val pad = listOf(1, 128, 254)
        fun found(place: PaddingPlace): List<Int> {
            val spec = preprocessing(Size(3, 2), ResizeMode.LETTERBOX, place = place)
            return spec.pixels(image).pixels.map { it.toInt() and 0xFF }
        }
        val own = listOf(10, 20, 30, 40, 50, 60)
        assertEquals(pad + pad + own + pad + pad, found(PaddingPlace.AROUND))
        assertEquals(own + pad + pad + pad + pad, found(PaddingPlace.BOTTOM_RIGHT))
    }

    @Test
    fun onlyACropLeavesSomethingOut() {
        assertEquals(listOf(false, true, true), ResizeMode.entries.map { preprocessing(EXPECTED, it).seesAll })
    }

    private companion object {
        val EXPECTED = Size(40, 30)
    }
}
