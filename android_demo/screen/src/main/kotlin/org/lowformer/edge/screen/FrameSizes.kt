package org.lowformer.edge.screen

import kotlin.math.abs

/** Width and height in pixels, as a camera's sensor has them. */
data class FrameSize(val width: Int, val height: Int) {
    internal val short: Int get() = minOf(width, height)

    /** The largest size of the same shape that is no larger than another one. */
    fun within(other: FrameSize): FrameSize {
        val high = other.width.toLong() * height / width
        if (high <= other.height) return FrameSize(other.width, high.toInt())
        return FrameSize((other.height.toLong() * width / height).toInt(), other.height)
    }

    internal val area: Long get() = width.toLong() * height

    internal fun hasRatioOf(other: FrameSize): Boolean =
        abs(width.toDouble() / height - other.width.toDouble() / other.height) < ROUNDING

    private companion object {
        /** Of 352 x 288 beside 4 : 3 and the like, which look alike. */
        const val ROUNDING = 0.01
    }
}

/**
 * The sizes in which a camera gives its pictures.
 *
 * @property analysed goes to the model: the smallest that has all that the model takes.
 * @property shown goes to the screen: the same part of the world, as sharp as screens are.
 */
data class FrameSizes(val analysed: FrameSize, val shown: FrameSize) {
    companion object {
        private const val USUAL_SHORT_SIDE = 480
        private const val SHARP_SHORT_SIDE = 1080

        /**
         * @param analysed sizes that the camera offers as pixels.
         * @param shown sizes that it offers for the screen.
         * @param needed short side from which preprocessing need not enlarge, in pixels.
         * @return null where a camera offers nothing.
         */
        fun choose(analysed: List<FrameSize>, shown: List<FrameSize>, needed: Int): FrameSizes? {
            val enough = analysed.filter { it.short >= maxOf(needed, USUAL_SHORT_SIDE) }
            val frame = enough.minByOrNull { it.area } ?: analysed.maxByOrNull { it.short } ?: return null
            val alike = shown.filter { it.hasRatioOf(frame) }
            val sharp = alike.filter { it.short <= SHARP_SHORT_SIDE }.maxByOrNull { it.area }
            return FrameSizes(frame, sharp ?: alike.minByOrNull { it.area } ?: frame)
        }
    }
}
