package org.lowformer.edge.screen

/**
 * Keeps a screen reader from talking without end while the camera runs: says when something new is worth
 * announcing, at most once in [interval].
 *
 * @property interval in milliseconds.
 */
class Announcer(private val interval: Long) {
    private var said: Any? = null
    private var saidAt: Long? = null

    /**
     * Whether to announce something now.
     *
     * @param subject what tells it from other announcements; null where there is nothing to say.
     * @param now milliseconds of a clock that never goes back.
     */
    fun isDue(subject: Any?, now: Long): Boolean {
        val last = saidAt
        val isDue = subject != said && (last == null || now - last >= interval)
        if (isDue) {
            said = subject
            saidAt = now
        }
        return isDue
    }

    /** What was said is not there any more: whatever comes next is due at once. */
    fun forget() {
        said = null
        saidAt = null
    }
}
