package org.lowformer.edge.screen

/** The import of a bundle. */
sealed interface IntakeState {
    data object Idle : IntakeState

    data object Running : IntakeState

    data class Done(val name: String) : IntakeState

    data class Failed(val failure: Failure) : IntakeState
}
