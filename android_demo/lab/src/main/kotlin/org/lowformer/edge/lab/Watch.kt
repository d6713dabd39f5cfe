package org.lowformer.edge.lab

import java.io.File

/**
 * Ends a request that is not to go on: cancelled, out of time, or with the battery nearly empty.
 *
 * It also remembers how hot the phone was meanwhile.
 *
 * @param surroundings clock and phone.
 * @param cancelFile a file whose being there asks for an end; null where nobody could make one.
 * @param cancelled why somebody at the phone asked for one, or null.
 */
internal class Watch(
    private val surroundings: Surroundings,
    private val cancelFile: File?,
    private val cancelled: () -> String?,
) {
    private val began = surroundings.clock.nanoseconds()
    private var limitSeconds = Double.POSITIVE_INFINITY
    private var looked: Long? = null

    /** The highest thermal status so far; null where the phone does not tell. */
    var worstThermalStatus: Int? = null
        private set

    /** Whether any look met throttling; null where the phone does not tell. */
    val throttled: Boolean? get() = worstThermalStatus?.let { it > 0 }

    /** Gives the request some seconds from the watch's beginning on. */
    fun limit(seconds: Double) {
        limitSeconds = seconds
    }

    /** Looks at the phone. */
    fun state(): PhoneState {
        val state = surroundings.phone.state()
        val status = state.thermalStatus
        if (status != null) worstThermalStatus = maxOf(status, worstThermalStatus ?: status)
        return state
    }

    /**
     * Called between inferences; looks at files and the phone once a second, since that takes time.
     *
     * @throws EndedException the request is not to go on.
     */
    fun check() {
        cancelled()?.let { throw EndedException(Outcome.CANCELLED, it) }
        val now = surroundings.clock.nanoseconds()
        val seconds = (now - began) / NANOSECONDS
        if (seconds > limitSeconds) {
            throw EndedException(Outcome.TIMEOUT, "not done within the ${limitSeconds.toLong()} s that the job allows")
        }
        val last = looked
        if (last != null && now - last < PERIOD) return
        looked = now
        if (cancelFile?.exists() == true) throw EndedException(Outcome.CANCELLED, "cancelled by the computer")
        val state = state()
        if (state.isLow) {
            throw EndedException(
                Outcome.LOW_BATTERY,
                "the battery is at ${state.batteryPercent} % and not charging; charge it above" +
                    " ${PhoneState.LOW_PERCENT} % and run it again",
            )
        }
    }

    private companion object {
        const val NANOSECONDS = 1e9
        const val PERIOD = 1_000_000_000L
    }
}
