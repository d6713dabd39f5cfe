package org.lowformer.edge.screen

import kotlin.math.max
import kotlin.math.min

/**
 * What a `TextureView` does to a camera's picture, about the view's centre: first [scaleX] and [scaleY], then
 * [rotation] degrees clockwise. The picture then is upright, has its own proportions, and fills the view or lies in it
 * as a whole.
 *
 * A `TextureView` by itself turns the picture upright for the device's natural orientation, and stretches it to
 * the view.
 */
data class PreviewTransform(val scaleX: Float, val scaleY: Float, val rotation: Float) {
    companion object {
        /**
         * @param view size of the view in pixels.
         * @param frame size of the camera's pictures.
         * @param sensor the camera's `SENSOR_ORIENTATION` in degrees.
         * @param display how far the screen's content is turned, in degrees.
         * @param isWhole whether all of the picture is seen, and not as much of it as fills the view.
         */
        fun of(view: FrameSize, frame: FrameSize, sensor: Int, display: Int, isWhole: Boolean): PreviewTransform {
            val natural = if (sensor % HALF_TURN == 0) frame else frame.swapped()
            val upright = if (display % HALF_TURN == 0) natural else natural.swapped()
            val across = view.width.toFloat() / upright.width
            val down = view.height.toFloat() / upright.height
            val scale = if (isWhole) min(across, down) else max(across, down)
            return PreviewTransform(
                scale * natural.width / view.width,
                scale * natural.height / view.height,
                -display.toFloat(),
            )
        }

        private const val HALF_TURN = 180

        private fun FrameSize.swapped() = FrameSize(height, width)
    }
}
