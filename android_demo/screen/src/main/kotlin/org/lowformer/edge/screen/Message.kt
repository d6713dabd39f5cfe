package org.lowformer.edge.screen

/** What a message takes, which decides how it is written. */
enum class Argument {
    /** A string, or another wording. */
    TEXT,

    /** A whole number. */
    WHOLE,

    /** A double. */
    DECIMAL,
}

/**
 * Everything that the screen says; the app has a text for each, in each language, under the same name.
 *
 * @property arguments what is put into it, in order.
 */
enum class Message(vararg val arguments: Argument) {
    // What goes on, or why nothing does: one of these is always shown.
    PAUSED,
    LISTING_BUNDLES,
    NO_BUNDLE,
    OPENING_BUNDLE(Argument.TEXT),
    BUNDLE_DAMAGED(Argument.TEXT, Argument.TEXT),
    BUNDLE_OUT_OF_MEMORY(Argument.TEXT),
    NOTHING_TO_RUN(Argument.TEXT),
    LOADING_MODEL(Argument.TEXT, Argument.TEXT),
    CHANGING_MODEL,
    GPU_FAILED(Argument.TEXT),
    MODEL_FAILED(Argument.TEXT, Argument.TEXT),
    RUNTIME_MISSING(Argument.TEXT, Argument.TEXT),
    MODEL_OUT_OF_MEMORY(Argument.TEXT),
    NO_CAMERA,
    CAMERA_ASKED,
    CAMERA_DENIED,
    CAMERA_DENIED_FOR_EVER,
    CAMERA_STARTING,
    CAMERA_CHANGING,
    CAMERA_IN_USE,
    CAMERA_DISABLED,
    CAMERA_DISCONNECTED,
    CAMERA_FAILED,
    CAMERA_WAITING,
    CAMERA_LIVE,
    NO_PHOTO,
    PHOTO_READING,
    PHOTO_FAILED(Argument.TEXT),
    PHOTO_OUT_OF_MEMORY,
    PHOTO_CLASSIFYING,
    PHOTO_CLASSIFIED,

    // Beside it.
    RANDOM_WEIGHTS,
    PHOTO_REDUCED(Argument.WHOLE),
    IMPORT_RUNNING,
    IMPORT_DONE(Argument.TEXT),
    IMPORT_FAILED(Argument.TEXT),
    IMPORT_OUT_OF_MEMORY,
    PREVIEW_CAMERA,
    PREVIEW_PHOTO,
    RUNTIME_IN_USE(Argument.TEXT, Argument.DECIMAL),
    RUNTIME_WITH_THREADS(Argument.TEXT, Argument.WHOLE, Argument.DECIMAL),
    LATENCY(Argument.DECIMAL, Argument.DECIMAL, Argument.WHOLE),
    CLASS_NUMBER(Argument.WHOLE),
    BEST_CLASS(Argument.TEXT, Argument.DECIMAL),
    NOTHING_FOUND,
    FOUND_OBJECT(Argument.TEXT, Argument.DECIMAL),
    FOUND_REGION(Argument.TEXT, Argument.DECIMAL),

    // Choices, and why one cannot be taken.
    BUNDLE_INCLUDED(Argument.TEXT),
    BUNDLE_IMPORTED(Argument.TEXT),
    RUNTIME_TFLITE_CPU,
    RUNTIME_TFLITE_GPU,
    RUNTIME_TFLITE_GPU_FP16,
    RUNTIME_EXECUTORCH,
    FORMAT_TFLITE,
    FORMAT_EXECUTORCH,
    WHY_NOT_IN_BUILD,
    WHY_NO_FILE(Argument.TEXT),
    ;

    internal fun takes(values: List<Any>): Boolean = values.map(::kindOf) == arguments.asList()

    private fun kindOf(value: Any): Argument? = when (value) {
        is String, is Wording -> Argument.TEXT
        is Int -> Argument.WHOLE
        is Double -> Argument.DECIMAL
        else -> null
    }
}
