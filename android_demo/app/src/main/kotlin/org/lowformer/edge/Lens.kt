package org.lowformer.edge

import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCharacteristics
import android.util.Size
import org.lowformer.edge.screen.Facing
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.FrameSizes

/**
 * One of the device's cameras.
 *
 * @property id Android's name of it.
 */
internal class Lens(val id: String, private val characteristics: CameraCharacteristics?) {
    val facing: Facing = when (characteristics?.get(CameraCharacteristics.LENS_FACING)) {
        CameraCharacteristics.LENS_FACING_FRONT -> Facing.FRONT
        EXTERNAL -> Facing.EXTERNAL
        else -> Facing.BACK
    }

    /** How far its pictures are to be turned clockwise on a device held naturally, in degrees. */
    val sensor: Int = characteristics?.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0

    /** Whether it can keep the picture sharp by itself. */
    val focuses: Boolean = CameraCharacteristics.CONTROL_AF_MODE_CONTINUOUS_PICTURE in
        (characteristics?.get(CameraCharacteristics.CONTROL_AF_AVAILABLE_MODES) ?: IntArray(0)).toList()

    /** @return null where the camera offers no sizes. */
    fun sizes(needed: Int): FrameSizes? {
        val map = characteristics?.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP) ?: return null
        val analysed = map.getOutputSizes(ImageFormat.YUV_420_888).orEmpty().map(::frameSize)
        val shown = map.getOutputSizes(SurfaceTexture::class.java).orEmpty().map(::frameSize)
        return FrameSizes.choose(analysed, shown, needed)
    }

    private fun frameSize(size: Size) = FrameSize(size.width, size.height)

    private companion object {
        /** `CameraMetadata.LENS_FACING_EXTERNAL`. */
        const val EXTERNAL = 2
    }
}
