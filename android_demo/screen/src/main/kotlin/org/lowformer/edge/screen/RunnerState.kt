package org.lowformer.edge.screen

/** The one runner. A new one is opened only when the one before has been closed. */
sealed interface RunnerState {
    data object None : RunnerState

    data class Opening(val key: ModelKey) : RunnerState

    /**
     * @property runtime what the runtime calls itself and its device.
     * @property threads of the processor; null where it does not compute.
     * @property firstMs what its first run took, in milliseconds.
     * @property busy whether it has been given the photo and has not answered.
     */
    data class Ready(
        val key: ModelKey,
        val runtime: String,
        val threads: Int?,
        val firstMs: Double,
        val busy: Boolean = false,
    ) : RunnerState

    /** @property failed what is shown when it is closed; null where it was not at fault. */
    data class Closing(val failed: Failed?) : RunnerState

    /** It could not be opened, or failed and was closed. Nothing is tried again without a person. */
    data class Failed(val key: ModelKey, val failure: Failure) : RunnerState
}
