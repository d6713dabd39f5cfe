package org.lowformer.edge.screen

/** Whether the app may use the camera. */
enum class Permission {
    /** Nobody was asked since the app began. */
    UNKNOWN,
    ASKING,
    GRANTED,
    DENIED,

    /** The system answers for the person, and mostly only its settings change that. */
    DENIED_FOR_EVER,
}
