package org.lowformer.edge.screen

/** Where a camera looks, in the order in which cameras are tried. */
enum class Facing {
    BACK,
    FRONT,

    /** Plugged in, such as a webcam. */
    EXTERNAL,
}
