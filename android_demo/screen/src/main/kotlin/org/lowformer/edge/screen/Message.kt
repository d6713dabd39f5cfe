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
    FRAME_RATE(Argument.DECIMAL),
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

    // The benchmark screen: what goes on there.
    BENCH_IDLE(Argument.TEXT),
    BENCH_OPENING(Argument.TEXT),
    BENCH_RUNNING(Argument.WHOLE, Argument.WHOLE, Argument.TEXT),
    BENCH_ENDING,
    BENCH_DONE,
    BENCH_ENDED(Argument.TEXT),
    BENCH_FAILED(Argument.TEXT),
    BENCH_OUT_OF_MEMORY,
    BENCH_SAVED,
    BENCH_NOT_SAVED(Argument.TEXT),

    // Beside it, and in its table.
    BENCH_TITLE(Argument.TEXT, Argument.TEXT),
    BENCH_WAIT,
    BENCH_NOT_TIMED(Argument.TEXT, Argument.TEXT, Argument.TEXT),
    BENCH_SPOKEN(
        Argument.TEXT, Argument.TEXT, Argument.TEXT, Argument.TEXT, Argument.TEXT,
        Argument.TEXT, Argument.TEXT, Argument.TEXT, Argument.TEXT, Argument.TEXT,
    ),
    BENCH_SPOKEN_FAILED(Argument.TEXT, Argument.TEXT, Argument.TEXT),
    COLUMN_FILE,
    COLUMN_ACCELERATOR,
    COLUMN_LOAD,
    COLUMN_FIRST,
    COLUMN_MEDIAN,
    COLUMN_P90,
    COLUMN_MEMORY,
    COLUMN_TEMPERATURE,
    COLUMN_PARITY,
    COLUMN_AGREEMENT,
    ACCELERATOR_CPU,
    ACCELERATOR_GPU,
    ACCELERATOR_GPU_FP16,
    CELL_MILLISECONDS(Argument.DECIMAL),
    CELL_MEGABYTES(Argument.DECIMAL),
    CELL_CELSIUS(Argument.DECIMAL),
    CELL_THROTTLED(Argument.TEXT),
    CELL_DECIBELS(Argument.DECIMAL),
    CELL_PERCENT(Argument.DECIMAL),
    CELL_EXACT,
    CELL_UNKNOWN,
    ;

    internal fun takes(values: List<Any>): Boolean = values.map(::kindOf) == arguments.asList()

    private fun kindOf(value: Any): Argument? = when (value) {
        is String, is Wording -> Argument.TEXT
        is Int -> Argument.WHOLE
        is Double -> Argument.DECIMAL
        else -> null
    }
}
