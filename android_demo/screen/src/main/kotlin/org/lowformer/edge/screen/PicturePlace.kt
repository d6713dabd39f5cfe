package org.lowformer.edge.screen

import kotlin.math.max
import kotlin.math.min

/** A rectangle, from its left and top to its right and bottom. */
data class Bounds(val left: Float, val top: Float, val right: Float, val bottom: Float)

/**
 * Where an image's pixels are in a view that shows it: filled, or with the whole image in it.
 *
 * @property scale pixels of the view over the image's.
 * @property left where the image begins, if it is not mirrored.
 * @property mirror the view's width where left and right are exchanged, as front cameras' previews are; else null.
 */
data class PicturePlace(val scale: Float, val left: Float, val top: Float, val mirror: Float?) {
    /** A rectangle of the image, in the view. */
    fun bounds(of: Bounds): Bounds {
        val first = left + of.left * scale
        val second = left + of.right * scale
        val start = mirror?.let { it - second } ?: first
        return Bounds(start, top + of.top * scale, start + second - first, top + of.bottom * scale)
    }

    companion object {
        /**
         * @param view size of the view in pixels.
         * @param image size of the image, or of any that looks the same.
         * @param isWhole whether all of it is seen, and not as much of it as fills the view.
         */
        fun of(view: FrameSize, image: FrameSize, isWhole: Boolean, isMirrored: Boolean): PicturePlace {
            val across = view.width.toFloat() / image.width
            val down = view.height.toFloat() / image.height
            val scale = if (isWhole) min(across, down) else max(across, down)
            return PicturePlace(
                scale,
                (view.width - image.width * scale) / 2,
                (view.height - image.height * scale) / 2,
                view.width.toFloat().takeIf { isMirrored },
            )
        }
    }
}

/**
 * Where a box's caption is: above it, or within it where there is no room, and always within the view.
 *
 * @param box in the view.
 * @param width of the caption.
 * @param height of the caption.
 */
fun captionBounds(box: Bounds, width: Float, height: Float, view: FrameSize): Bounds {
    val visible = max(box.top, 0f)
    val above = visible - height
    val left = max(min(box.left, view.width - width), 0f)
    val top = max(min(if (above >= 0) above else visible, view.height - height), 0f)
    return Bounds(left, top, left + width, top + height)
}
