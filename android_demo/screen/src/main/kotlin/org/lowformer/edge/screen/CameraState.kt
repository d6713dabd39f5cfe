package org.lowformer.edge.screen

/** Why there is no picture from a camera that is there and allowed. */
enum class CameraProblem {
    IN_USE,

    /** By the owner of the phone, or by the switch that turns cameras off for all apps. */
    DISABLED,
    DISCONNECTED,
    FAILED,
}

/** The one camera. */
sealed interface CameraState {
    /** Which camera is open or being opened; null where none is. */
    val openedFor: Facing? get() = null

    data object Off : CameraState

    data class Opening(override val openedFor: Facing) : CameraState

    data class Live(override val openedFor: Facing) : CameraState

    data object Closing : CameraState

    /** It is closed. */
    data class Failed(val problem: CameraProblem) : CameraState
}
