package org.lowformer.edge.core

/**
 * Values of every place of an image, as a runtime gives them.
 *
 * @property values in the layout's order.
 * @property layout [Layout.NCHW] or [Layout.NHWC].
 */
internal class FeatureMap(
    val values: FloatArray,
    val channels: Int,
    val height: Int,
    val width: Int,
    val layout: Layout,
) {
    init {
        require(layout.isOfMaps && values.size == channels * height * width) {
            "${values.size} values are no map of $channels x $height x $width in $layout"
        }
    }

    /** Number of places. */
    val places: Int get() = height * width

    private val placeStep = if (layout == Layout.NHWC) channels else 1
    private val channelStep = if (layout == Layout.NHWC) 1 else places

    /** A channel's value at a place; places are counted row by row. */
    fun at(place: Int, channel: Int): Float = values[place * placeStep + channel * channelStep]

    /** Values in the order [H, W, C]: the map's own where it has that order. */
    fun byPlace(): FloatArray = if (layout == Layout.NHWC) values else transposed(channels, places)

    /** Values in the order [C, H, W]: the map's own where it has that order. */
    fun byChannel(): FloatArray = if (layout == Layout.NCHW) values else transposed(places, channels)

    private fun transposed(rows: Int, columns: Int): FloatArray {
        val turned = FloatArray(values.size)
        for (row in 0 until rows) {
            for (column in 0 until columns) turned[column * rows + row] = values[row * columns + column]
        }
        return turned
    }
}
