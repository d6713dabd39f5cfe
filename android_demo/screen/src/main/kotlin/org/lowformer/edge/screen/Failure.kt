package org.lowformer.edge.screen

/**
 * Why something did not work.
 *
 * @property detail one line from whatever failed.
 */
data class Failure(val kind: Kind, val detail: String) {
    enum class Kind {
        /** What was asked for was refused, or is damaged. */
        REFUSED,

        /** The app's build, or this phone's kind of processor, lacks the runtime. */
        RUNTIME_MISSING,
        OUT_OF_MEMORY,
    }
}
