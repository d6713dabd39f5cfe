package org.lowformer.edge.screen

/** How far the chosen bundle has been opened. */
sealed interface BundleState {
    /** No bundle is chosen. */
    data object None : BundleState

    /** Its files are unpacked and checked. */
    data class Opening(val id: String) : BundleState

    data class Open(val id: String, val content: BundleContent) : BundleState

    data class Failed(val id: String, val failure: Failure) : BundleState
}
