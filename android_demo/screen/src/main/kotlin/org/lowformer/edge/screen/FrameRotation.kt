package org.lowformer.edge.screen

/**
 * How far a camera's frames are to be turned clockwise to be upright, in degrees: 0, 90, 180 or 270.
 *
 * Source: `CameraCharacteristics.SENSOR_ORIENTATION` in Android's reference.
 *
 * @param sensor the camera's `SENSOR_ORIENTATION`.
 * @param display how far the screen's content is turned: 0, 90, 180 or 270 for `Surface.ROTATION_0` and so on.
 */
fun frameRotation(sensor: Int, display: Int, facing: Facing): Int {
    val turned = if (facing == Facing.FRONT) sensor + display else sensor - display
    return turned.mod(FULL_TURN)
}

private const val FULL_TURN = 360
