package org.lowformer.edge.core

/**
 * An image along one of its axes, in pixels.
 *
 * @property input of the network's input.
 * @property start where the resized image begins in it; negative where the image is cropped.
 * @property resized of the resized image.
 * @property image of the image itself.
 */
internal data class Extent(val input: Int, val start: Int, val resized: Int, val image: Int) {
    init {
        require(minOf(input, resized, image) > 0 && start < input && start.toLong() + resized > 0) {
            "an image of $image pixels, resized to $resized and placed at $start, is not within an input of $input"
        }
    }

    /** Where the image begins in the input, without what is cropped. */
    val first: Int get() = maxOf(start, 0)

    /** Where it ends. */
    val last: Int get() = minOf(start + resized, input)

    /** The resized image's pixels over the image's. */
    val scale: Double get() = resized.toDouble() / image
}

/**
 * Where an image lies in a network's input, and back from there to the image; Python's `artifact/placement.py`.
 *
 * @property rows from top to bottom.
 * @property columns from left to right.
 */
internal data class Placement(val rows: Extent, val columns: Extent) {
    /** The network's input. */
    val input: Size get() = Size(rows.input, columns.input)

    /** The image. */
    val image: Size get() = Size(rows.image, columns.image)

    /** That of the same image with fewer pixels, where one of its sides is longer than so many. */
    fun ofImageWithin(side: Int): Placement {
        val longest = image.longest
        if (longest <= side) return this
        fun shorter(axis: Extent) = axis.copy(image = maxOf((axis.image.toLong() * side / longest).toInt(), 1))
        return Placement(shorter(rows), shorter(columns))
    }

    /**
     * Brings boxes to pixels of the image, clipped to what the network saw of it.
     *
     * @param boxes corners x1, y1, x2, y2 in pixels of the input, one box after the other; they are changed.
     * @param count of the boxes.
     */
    fun toImage(boxes: FloatArray, count: Int) {
        for (side in 0 until Anchors.BOX_SIDES) {
            val axis = if (side % 2 == 0) columns else rows
            val first = axis.first.toFloat()
            val last = axis.last.toFloat()
            val start = axis.start.toFloat()
            val scale = axis.scale.toFloat()
            for (index in side until count * Anchors.BOX_SIDES step Anchors.BOX_SIDES) {
                boxes[index] = (boxes[index].coerceIn(first, last) - start) / scale
            }
        }
    }
}

/** Where an image lies in the network's input. */
internal fun Preprocessing.placement(image: Size): Placement {
    val resized = resized(image)
    val (top, left) = placed(resized)
    return Placement(
        Extent(size.height, top, resized.height, image.height),
        Extent(size.width, left, resized.width, image.width),
    )
}
