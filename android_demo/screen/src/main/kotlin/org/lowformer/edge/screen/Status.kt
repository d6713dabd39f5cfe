package org.lowformer.edge.screen

/** The one message about what goes on: the first thing that stands before scores, or that all is well. */
internal val ScreenState.status: Wording.Known
    get() = when {
        !started -> Message.PAUSED.with()
        bundles == null -> Message.LISTING_BUNDLES.with()
        else -> bundleStatus ?: runnerStatus ?: if (wishes.source == Source.CAMERA) cameraStatus else photoStatus
    }

internal val PROBLEMS: Set<Message> = setOf(
    Message.NO_BUNDLE,
    Message.BUNDLE_DAMAGED,
    Message.BUNDLE_OUT_OF_MEMORY,
    Message.NOTHING_TO_RUN,
    Message.GPU_FAILED,
    Message.MODEL_FAILED,
    Message.RUNTIME_MISSING,
    Message.MODEL_OUT_OF_MEMORY,
    Message.NO_CAMERA,
    Message.CAMERA_DENIED,
    Message.CAMERA_DENIED_FOR_EVER,
    Message.CAMERA_IN_USE,
    Message.CAMERA_DISABLED,
    Message.CAMERA_DISCONNECTED,
    Message.CAMERA_FAILED,
    Message.NO_PHOTO,
    Message.PHOTO_FAILED,
    Message.PHOTO_OUT_OF_MEMORY,
)

internal val WAITING: Set<Message> = setOf(
    Message.LISTING_BUNDLES,
    Message.OPENING_BUNDLE,
    Message.LOADING_MODEL,
    Message.CHANGING_MODEL,
    Message.CAMERA_STARTING,
    Message.CAMERA_CHANGING,
    Message.CAMERA_WAITING,
    Message.PHOTO_READING,
    Message.PHOTO_CLASSIFYING,
)

internal val RuntimeChoice.title: Wording
    get() = when (this) {
        RuntimeChoice.TFLITE_CPU -> Message.RUNTIME_TFLITE_CPU
        RuntimeChoice.TFLITE_GPU -> Message.RUNTIME_TFLITE_GPU
        RuntimeChoice.TFLITE_GPU_FP16 -> Message.RUNTIME_TFLITE_GPU_FP16
        RuntimeChoice.EXECUTORCH -> Message.RUNTIME_EXECUTORCH
    }.with()

private val ScreenState.bundleStatus: Wording.Known?
    get() {
        val entry = chosenBundle ?: return Message.NO_BUNDLE.with()
        return when (val bundle = bundle) {
            is BundleState.None, is BundleState.Opening -> Message.OPENING_BUNDLE.with(entry.name)
            is BundleState.Failed -> when (bundle.failure.kind) {
                Failure.Kind.OUT_OF_MEMORY -> Message.BUNDLE_OUT_OF_MEMORY.with(entry.name)
                else -> Message.BUNDLE_DAMAGED.with(entry.name, bundle.failure.detail)
            }
            is BundleState.Open -> if (chosenKey == null) Message.NOTHING_TO_RUN.with(entry.name) else null
        }
    }

private val ScreenState.runnerStatus: Wording.Known?
    get() = when (val runner = runner) {
        is RunnerState.None, is RunnerState.Opening -> Message.LOADING_MODEL.with(
            chosenRuntime?.title ?: Wording.Plain(""),
            chosenOffer?.precision.orEmpty(),
        )
        is RunnerState.Closing -> Message.CHANGING_MODEL.with()
        is RunnerState.Failed -> failureStatus(runner)
        is RunnerState.Ready -> null
    }

private fun failureStatus(failed: RunnerState.Failed): Wording.Known {
    val runtime = failed.key.runtime
    val onGpu = runtime == RuntimeChoice.TFLITE_GPU || runtime == RuntimeChoice.TFLITE_GPU_FP16
    return when (failed.failure.kind) {
        Failure.Kind.OUT_OF_MEMORY -> Message.MODEL_OUT_OF_MEMORY.with(runtime.title)
        Failure.Kind.RUNTIME_MISSING -> Message.RUNTIME_MISSING.with(runtime.title, failed.failure.detail)
        Failure.Kind.REFUSED ->
            if (onGpu) {
                Message.GPU_FAILED.with(failed.failure.detail)
            } else {
                Message.MODEL_FAILED.with(runtime.title, failed.failure.detail)
            }
    }
}

private val ScreenState.cameraStatus: Wording.Known
    get() = when {
        facings.isEmpty() -> Message.NO_CAMERA
        permission == Permission.UNKNOWN || permission == Permission.ASKING -> Message.CAMERA_ASKED
        permission == Permission.DENIED -> Message.CAMERA_DENIED
        permission == Permission.DENIED_FOR_EVER -> Message.CAMERA_DENIED_FOR_EVER
        else -> when (val camera = camera) {
            is CameraState.Off, is CameraState.Opening -> Message.CAMERA_STARTING
            is CameraState.Closing -> Message.CAMERA_CHANGING
            is CameraState.Live -> if (findings == null) Message.CAMERA_WAITING else Message.CAMERA_LIVE
            is CameraState.Failed -> when (camera.problem) {
                CameraProblem.IN_USE -> Message.CAMERA_IN_USE
                CameraProblem.DISABLED -> Message.CAMERA_DISABLED
                CameraProblem.DISCONNECTED -> Message.CAMERA_DISCONNECTED
                CameraProblem.FAILED -> Message.CAMERA_FAILED
            }
        }
    }.with()

private val ScreenState.photoStatus: Wording.Known
    get() = when (val photo = photo) {
        is PhotoState.Unknown, is PhotoState.Reading -> Message.PHOTO_READING.with()
        is PhotoState.None -> Message.NO_PHOTO.with()
        is PhotoState.Shown -> (if (findings == null) Message.PHOTO_CLASSIFYING else Message.PHOTO_CLASSIFIED).with()
        is PhotoState.Failed -> when (photo.failure.kind) {
            Failure.Kind.OUT_OF_MEMORY -> Message.PHOTO_OUT_OF_MEMORY.with()
            else -> Message.PHOTO_FAILED.with(photo.failure.detail)
        }
    }
