package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource

class ModelInputTest {
    private val preprocessing = Preprocessing(
        Size(1, 2), Size(1, 2), ResizeMode.CROP, 1.0, Interpolation.BICUBIC, listOf(0, 0, 0), PaddingPlace.AROUND,
        listOf(0.5f, 0.25f, 0.125f), listOf(0.25f, 0.5f, 0.75f),
    )

    /** Two images of a row of two pixels. */
    private val pixels = byteArrayOf(1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6)

    private fun spec(type: ElementType, layout: Layout, batch: Int): TensorSpec {
        val shape = if (layout == Layout.NHWC) listOf(batch, 1, 2, 3) else listOf(batch, 3, 1, 2)
        return TensorSpec("image", shape, type, layout, Quantization(0.5f, 0).takeIf { type == ElementType.INT8 })
    }

    private fun bytes(input: ModelInput) = (input as ModelInput.Pixels).values

    @ParameterizedTest
    @EnumSource(ElementType::class)
    fun zerosFitEveryFile(type: ElementType) {
        val spec = spec(type, Layout.NHWC, 2)
        assertTrue(ModelInput.zeros(spec).fits(spec))
    }

    @Test
    fun imagesAreHandedOverAsTheyAre() {
        val rows = ModelInput.of(pixels, 2, spec(ElementType.UINT8, Layout.NHWC, 2), preprocessing)
        assertArrayEquals(pixels, bytes(rows))
        val planes = ModelInput.of(pixels, 2, spec(ElementType.UINT8, Layout.NCHW, 2), preprocessing)
        assertArrayEquals(byteArrayOf(1, 4, 2, 5, 3, 6, -1, -4, -2, -5, -3, -6), bytes(planes))
    }

    @ParameterizedTest
    @EnumSource(ElementType::class, names = ["FLOAT32", "INT8"])
    fun realsAreNormalised(type: ElementType) {
        for (layout in listOf(Layout.NHWC, Layout.NCHW)) {
            val found = ModelInput.of(pixels, 2, spec(type, layout, 2), preprocessing)
            assertArrayEquals(preprocessing.normalise(pixels, 2, layout), (found as ModelInput.Reals).values)
        }
    }

    @Test
    fun whatIsMissingToABatchIsZeros() {
        for (type in ElementType.entries) {
            val input = spec(type, Layout.NCHW, 4)
            val whole = ModelInput.of(pixels, 2, spec(type, Layout.NCHW, 2), preprocessing)
            when (val found = ModelInput.of(pixels, 2, input, preprocessing)) {
                is ModelInput.Pixels -> assertArrayEquals(bytes(whole).copyOf(24), found.values)
                is ModelInput.Reals ->
                    assertArrayEquals((whole as ModelInput.Reals).values.copyOf(24), found.values)
            }
        }
    }

    @Test
    fun anInputFitsFilesOfItsKindAndSize() {
        val image = spec(ElementType.UINT8, Layout.NHWC, 2)
        for (type in ElementType.entries) {
            val own = spec(type, Layout.NHWC, 2)
            val found = ModelInput.of(pixels, 2, own, preprocessing)
            assertEquals(12, found.size)
            assertTrue(found.fits(own))
            assertEquals(type == ElementType.UINT8, found.fits(image))
            assertFalse(found.fits(spec(type, Layout.NHWC, 3)))
        }
    }
}
