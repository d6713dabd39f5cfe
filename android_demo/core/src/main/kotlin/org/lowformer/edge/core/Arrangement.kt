package org.lowformer.edge.core

/**
 * Walks through the values of RGB images in rows of pixels, and tells where each belongs in another layout.
 *
 * @param values of all images together, [images, H, W, 3].
 * @param layout of the places: [Layout.NHWC] or [Layout.NCHW].
 * @param place takes a value's channel, its number in the rows of pixels, and its number in the layout.
 */
internal inline fun arrange(
    values: Int,
    images: Int,
    layout: Layout,
    place: (channel: Int, from: Int, to: Int) -> Unit,
) {
    require(images > 0 && values % (RgbImage.CHANNELS * images) == 0) { "$values bytes are no $images RGB images" }
    val area = values / (RgbImage.CHANNELS * images)
    val (pixelStep, channelStep) = when (layout) {
        Layout.NHWC -> RgbImage.CHANNELS to 1
        Layout.NCHW -> 1 to area
        Layout.NK, Layout.PLAIN -> throw IllegalArgumentException("images have no layout $layout")
    }
    for (channel in 0 until RgbImage.CHANNELS) {
        for (image in 0 until images) {
            val start = image * area * RgbImage.CHANNELS
            var to = start + channel * channelStep
            var from = start + channel
            for (pixel in 0 until area) {
                place(channel, from, to)
                to += pixelStep
                from += RgbImage.CHANNELS
            }
        }
    }
}
