package org.lowformer.edge

import android.content.res.Resources
import org.lowformer.edge.screen.Message
import org.lowformer.edge.screen.Wording

/** The text in the language of the device. */
internal fun Resources.text(wording: Wording): String = when (wording) {
    is Wording.Plain -> wording.text
    is Wording.Known -> {
        val arguments = wording.arguments.map { if (it is Wording) text(it) else it }.toTypedArray()
        val count = wording.count
        if (count == null) {
            getString(wording.message.resource, *arguments)
        } else {
            getQuantityString(wording.message.resource, count, *arguments)
        }
    }
}

/** A string; a plural where the message has a count. */
private val Message.resource: Int
    get() = when (this) {
        Message.PAUSED -> R.string.paused
        Message.LISTING_BUNDLES -> R.string.listing_bundles
        Message.NO_BUNDLE -> R.string.no_bundle
        Message.OPENING_BUNDLE -> R.string.opening_bundle
        Message.BUNDLE_DAMAGED -> R.string.bundle_damaged
        Message.BUNDLE_OUT_OF_MEMORY -> R.string.bundle_out_of_memory
        Message.NOTHING_TO_RUN -> R.string.nothing_to_run
        Message.LOADING_MODEL -> R.string.loading_model
        Message.CHANGING_MODEL -> R.string.changing_model
        Message.GPU_FAILED -> R.string.gpu_failed
        Message.MODEL_FAILED -> R.string.model_failed
        Message.RUNTIME_MISSING -> R.string.runtime_missing
        Message.MODEL_OUT_OF_MEMORY -> R.string.model_out_of_memory
        Message.NO_CAMERA -> R.string.no_camera
        Message.CAMERA_ASKED -> R.string.camera_asked
        Message.CAMERA_DENIED -> R.string.camera_denied
        Message.CAMERA_DENIED_FOR_EVER -> R.string.camera_denied_for_ever
        Message.CAMERA_STARTING -> R.string.camera_starting
        Message.CAMERA_CHANGING -> R.string.camera_changing
        Message.CAMERA_IN_USE -> R.string.camera_in_use
        Message.CAMERA_DISABLED -> R.string.camera_disabled
        Message.CAMERA_DISCONNECTED -> R.string.camera_disconnected
        Message.CAMERA_FAILED -> R.string.camera_failed
        Message.CAMERA_WAITING -> R.string.camera_waiting
        Message.CAMERA_LIVE -> R.string.camera_live
        Message.NO_PHOTO -> R.string.no_photo
        Message.PHOTO_READING -> R.string.photo_reading
        Message.PHOTO_FAILED -> R.string.photo_failed
        Message.PHOTO_OUT_OF_MEMORY -> R.string.photo_out_of_memory
        Message.PHOTO_CLASSIFYING -> R.string.photo_classifying
        Message.PHOTO_CLASSIFIED -> R.string.photo_classified
        Message.RANDOM_WEIGHTS -> R.string.random_weights
        Message.PHOTO_REDUCED -> R.string.photo_reduced
        Message.IMPORT_RUNNING -> R.string.import_running
        Message.IMPORT_DONE -> R.string.import_done
        Message.IMPORT_FAILED -> R.string.import_failed
        Message.IMPORT_OUT_OF_MEMORY -> R.string.import_out_of_memory
        Message.PREVIEW_CAMERA -> R.string.preview_camera
        Message.PREVIEW_PHOTO -> R.string.preview_photo
        Message.RUNTIME_IN_USE -> R.string.runtime_in_use
        Message.RUNTIME_WITH_THREADS -> R.plurals.runtime_with_threads
        Message.LATENCY -> R.plurals.latency
        Message.FRAME_RATE -> R.string.frame_rate
        Message.CLASS_NUMBER -> R.string.class_number
        Message.BEST_CLASS -> R.string.best_class
        Message.NOTHING_FOUND -> R.string.nothing_found
        Message.FOUND_OBJECT -> R.string.found_object
        Message.FOUND_REGION -> R.string.found_region
        Message.BUNDLE_INCLUDED -> R.string.bundle_included
        Message.BUNDLE_IMPORTED -> R.string.bundle_imported
        Message.RUNTIME_TFLITE_CPU -> R.string.runtime_tflite_cpu
        Message.RUNTIME_TFLITE_GPU -> R.string.runtime_tflite_gpu
        Message.RUNTIME_TFLITE_GPU_FP16 -> R.string.runtime_tflite_gpu_fp16
        Message.RUNTIME_EXECUTORCH -> R.string.runtime_executorch
        Message.FORMAT_TFLITE -> R.string.format_tflite
        Message.FORMAT_EXECUTORCH -> R.string.format_executorch
        Message.WHY_NOT_IN_BUILD -> R.string.why_not_in_build
        Message.WHY_NO_FILE -> R.string.why_no_file
        Message.BENCH_IDLE -> R.string.bench_idle
        Message.BENCH_OPENING -> R.string.bench_opening
        Message.BENCH_RUNNING -> R.string.bench_running
        Message.BENCH_ENDING -> R.string.bench_ending
        Message.BENCH_DONE -> R.string.bench_done
        Message.BENCH_ENDED -> R.string.bench_ended
        Message.BENCH_FAILED -> R.string.bench_failed
        Message.BENCH_OUT_OF_MEMORY -> R.string.bench_out_of_memory
        Message.BENCH_SAVED -> R.string.bench_saved
        Message.BENCH_NOT_SAVED -> R.string.bench_not_saved
        Message.BENCH_TITLE -> R.string.bench_title
        Message.BENCH_WAIT -> R.string.bench_wait
        Message.BENCH_NOT_TIMED -> R.string.bench_not_timed
        Message.BENCH_SPOKEN -> R.string.bench_spoken
        Message.BENCH_SPOKEN_FAILED -> R.string.bench_spoken_failed
        Message.COLUMN_FILE -> R.string.column_file
        Message.COLUMN_ACCELERATOR -> R.string.column_accelerator
        Message.COLUMN_LOAD -> R.string.column_load
        Message.COLUMN_FIRST -> R.string.column_first
        Message.COLUMN_MEDIAN -> R.string.column_median
        Message.COLUMN_P90 -> R.string.column_p90
        Message.COLUMN_MEMORY -> R.string.column_memory
        Message.COLUMN_TEMPERATURE -> R.string.column_temperature
        Message.COLUMN_PARITY -> R.string.column_parity
        Message.COLUMN_AGREEMENT -> R.string.column_agreement
        Message.ACCELERATOR_CPU -> R.string.accelerator_cpu
        Message.ACCELERATOR_GPU -> R.string.accelerator_gpu
        Message.ACCELERATOR_GPU_FP16 -> R.string.accelerator_gpu_fp16
        Message.CELL_MILLISECONDS -> R.string.cell_milliseconds
        Message.CELL_MEGABYTES -> R.string.cell_megabytes
        Message.CELL_CELSIUS -> R.string.cell_celsius
        Message.CELL_THROTTLED -> R.string.cell_throttled
        Message.CELL_DECIBELS -> R.string.cell_decibels
        Message.CELL_PERCENT -> R.string.cell_percent
        Message.CELL_EXACT -> R.string.cell_exact
        Message.CELL_UNKNOWN -> R.string.cell_unknown
    }
