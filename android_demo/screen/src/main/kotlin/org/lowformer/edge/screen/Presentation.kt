package org.lowformer.edge.screen

import org.lowformer.edge.core.Detection
import org.lowformer.edge.core.Findings
import org.lowformer.edge.core.Format

/** What the screen shows in a state. */
val ScreenState.view: ScreenView
    get() {
        val status = status
        val preview = preview
        val scores = rows
        return ScreenView(
            status = status,
            isProblem = status.message in PROBLEMS,
            isBusy = status.message in WAITING,
            keepsAwake = status.message == Message.CAMERA_LIVE,
            notices = notices,
            preview = preview,
            overlay = overlay,
            isWhole = preview == Preview.PHOTO || content?.seesAll ?: true,
            // Android mirrors what a front camera shows, and not what it gives to be analysed.
            isMirrored = preview == Preview.CAMERA && camera.openedFor == Facing.FRONT,
            description = when (preview) {
                Preview.NOTHING -> null
                Preview.CAMERA -> Message.PREVIEW_CAMERA.with()
                Preview.PHOTO -> Message.PREVIEW_PHOTO.with()
            },
            scores = scores,
            best = when {
                findings == null -> null
                scores.isEmpty() -> Message.NOTHING_FOUND.with()
                else -> scores.first().run { Message.BEST_CLASS.with(name, (probability * PERCENT).toDouble()) }
            },
            runtime = (runner as? RunnerState.Ready)?.let(::runtimeOf),
            latency = latency,
            rate = timings.rate()?.takeIf { wishes.source == Source.CAMERA }?.let { Message.FRAME_RATE.with(it) },
            isSheetOpen = isSheetOpen || status.message in PROBLEMS,
            bundles = bundleOptions,
            runtimes = RuntimeChoice.entries.map(::optionOf),
            precisions = precisionOptions,
            actions = actions(status.message),
        )
    }

private val ScreenState.content: BundleContent? get() = (bundle as? BundleState.Open)?.content

private val ScreenState.overlay: Overlay?
    get() = findings?.takeIf { preview != Preview.NOTHING }?.let { overlayOf(it, ::nameOf, content?.labels) }

private val ScreenState.preview: Preview
    get() = when {
        wishes.source == Source.CAMERA && camera is CameraState.Live -> Preview.CAMERA
        wishes.source == Source.PHOTO && photo is PhotoState.Shown -> Preview.PHOTO
        else -> Preview.NOTHING
    }

/** What was found, as far as there is room for lines. */
private val ScreenState.rows: List<ScoreRow>
    get() = when (val findings = findings) {
        null -> emptyList()
        is Findings.Classes -> findings.scores.map { ScoreRow(nameOf(it.index), it.probability) }
        is Findings.Objects -> findings.shown.take(MOST_ROWS).map { ScoreRow(nameOf(it.index), it.score) }
        is Findings.Labels -> findings.regions.take(MOST_ROWS).map { ScoreRow(nameOf(it.index), it.share.toFloat()) }
    }

/** The objects that are worth showing. */
internal val Findings.Objects.shown: List<Detection> get() = objects.filter { it.score >= LEAST_SHOWN }

/** The least score of an object in a picture, as in Python's and mmdet's. */
private const val LEAST_SHOWN = 0.3f

private const val MOST_ROWS = 5
private const val PERCENT = 100

internal fun ScreenState.nameOf(index: Int): Wording {
    val label = content?.labels?.getOrNull(index)
    return if (label == null) Message.CLASS_NUMBER.with(index) else Wording.Plain(label)
}

private fun runtimeOf(ready: RunnerState.Ready): Wording {
    val threads = ready.threads ?: return Message.RUNTIME_IN_USE.with(ready.runtime, ready.firstMs)
    return Wording.Known(Message.RUNTIME_WITH_THREADS, listOf(ready.runtime, threads, ready.firstMs), threads)
}

private val ScreenState.latency: Wording?
    get() {
        if (timings.count == 0) return null
        val arguments = listOf(timings.modelMedian(), timings.preprocessingMedian(), timings.count)
        return Wording.Known(Message.LATENCY, arguments, timings.count)
    }

private val ScreenState.notices: List<Wording>
    get() {
        val intake = intake
        val imported = when (intake) {
            is IntakeState.Idle -> null
            is IntakeState.Running -> Message.IMPORT_RUNNING.with()
            is IntakeState.Done -> Message.IMPORT_DONE.with(intake.name)
            is IntakeState.Failed -> when (intake.failure.kind) {
                Failure.Kind.OUT_OF_MEMORY -> Message.IMPORT_OUT_OF_MEMORY.with()
                else -> Message.IMPORT_FAILED.with(intake.failure.detail)
            }
        }
        val reduction = (photo as? PhotoState.Shown)?.reduction ?: 1
        val isReduced = wishes.source == Source.PHOTO && reduction > 1
        val isTrained = content?.isTrained ?: true
        return listOfNotNull(
            imported,
            if (isTrained) null else Message.RANDOM_WEIGHTS.with(),
            if (isReduced) Message.PHOTO_REDUCED.with(reduction) else null,
        )
    }

private val ScreenState.bundleOptions: List<Option>
    get() = bundles.orEmpty().map { entry ->
        val title = if (entry.imported) Message.BUNDLE_IMPORTED else Message.BUNDLE_INCLUDED
        Option(entry.id, title.with(entry.name), null, entry == chosenBundle)
    }

private fun ScreenState.optionOf(runtime: RuntimeChoice): Option {
    val why = when {
        runtime in missing -> Message.WHY_NOT_IN_BUILD.with()
        bundle is BundleState.Open && !canRun(runtime) -> whyNoFile(runtime.format)
        else -> null
    }
    return Option(runtime.name, runtime.title, why, runtime == chosenRuntime)
}

private val ScreenState.precisionOptions: List<Option>
    get() {
        val format = chosenRuntime?.format ?: return emptyList()
        return offers.map { it.precision }.distinct().map { precision ->
            val isThere = offers.any { it.format == format && it.precision == precision }
            val why = if (isThere) null else whyNoFile(format)
            Option(precision, Wording.Plain(precision), why, precision == chosenOffer?.precision)
        }
    }

private fun whyNoFile(format: Format): Wording = Message.WHY_NO_FILE.with(
    when (format) {
        Format.TFLITE -> Message.FORMAT_TFLITE
        Format.EXECUTORCH -> Message.FORMAT_EXECUTORCH
    }.with(),
)

/** Problems that may be gone at another try. */
private val PASSING: Set<Message> = setOf(
    Message.BUNDLE_DAMAGED,
    Message.BUNDLE_OUT_OF_MEMORY,
    Message.GPU_FAILED,
    Message.MODEL_FAILED,
    Message.MODEL_OUT_OF_MEMORY,
    Message.CAMERA_IN_USE,
    Message.CAMERA_DISABLED,
    Message.CAMERA_DISCONNECTED,
    Message.CAMERA_FAILED,
    Message.PHOTO_FAILED,
    Message.PHOTO_OUT_OF_MEMORY,
)

private fun ScreenState.actions(status: Message): Set<Action> = setOfNotNull(
    Action.ALLOW_CAMERA.takeIf { status == Message.CAMERA_DENIED || status == Message.CAMERA_DENIED_FOR_EVER },
    Action.OPEN_SETTINGS.takeIf { status == Message.CAMERA_DENIED_FOR_EVER },
    Action.TRY_AGAIN.takeIf { status in PASSING },
    Action.USE_CAMERA.takeIf { wishes.source == Source.PHOTO && facings.isNotEmpty() },
    Action.SWITCH_CAMERA.takeIf { wishes.source == Source.CAMERA && facings.size > 1 },
    Action.PICK_PHOTO,
    Action.SAMPLE_PHOTO,
    Action.IMPORT_FOLDER.takeIf { intake !is IntakeState.Running },
    Action.IMPORT_ZIP.takeIf { intake !is IntakeState.Running },
    Action.REMOVE_BUNDLE.takeIf { chosenBundle?.imported == true },
    Action.BENCHMARK.takeIf { content?.offers.orEmpty().isNotEmpty() },
)
