package org.lowformer.edge.screen

/** The state after an event, with what must be done, in this order. */
data class Step(val state: ScreenState, val effects: List<Effect> = emptyList()) {
    internal fun then(next: ScreenState.() -> Step): Step {
        val step = state.next()
        return Step(step.state, effects + step.effects)
    }
}
