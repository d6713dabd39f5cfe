package org.lowformer.edge.screen

/** The picked photo. The app keeps a copy of it, so that it is still there after the process was ended. */
sealed interface PhotoState {
    /** There may be a copy from before. */
    data object Unknown : PhotoState

    data object None : PhotoState

    /** @property number tells photos of one process apart. */
    data class Reading(val number: Int) : PhotoState

    /** @property reduction by how much its sides were divided while it was read, because it is so big; mostly 1. */
    data class Shown(val number: Int, val reduction: Int) : PhotoState

    data class Failed(val failure: Failure) : PhotoState
}
