package org.lowformer.edge.runtime

import android.graphics.Bitmap
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.RgbImage

/**
 * The colours of a bitmap as Android tells them: of sRGB, and without alpha.
 *
 * @throws EdgeException there is no room for a copy of a bitmap whose pixels only the GPU has.
 */
internal fun Bitmap.toRgb(): RgbImage {
    val readable = if (config == Bitmap.Config.ARGB_8888) this else plainCopy()
    return RgbImage.ofColours(width, height) { row, into -> readable.getPixels(into, 0, width, 0, row, width, 1) }
}

private fun Bitmap.plainCopy(): Bitmap {
    val copy: Bitmap? = copy(Bitmap.Config.ARGB_8888, false)
    return copy ?: throw EdgeException("a bitmap of $width x $height pixels cannot be copied; give a smaller one")
}
