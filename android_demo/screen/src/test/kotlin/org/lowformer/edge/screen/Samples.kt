package org.lowformer.edge.screen

import org.lowformer.edge.core.Findings
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.Score

internal val FLOAT = Offer("demo-fp32.tflite", Format.TFLITE, "fp32")
internal val INTEGER = Offer("demo-int8.tflite", Format.TFLITE, "int8")
internal val TORCH = Offer("demo-fp32.pte", Format.EXECUTORCH, "fp32")
internal val DEMO = BundleEntry("included/demo", "demo", imported = false)
internal val OWN = BundleEntry("imported/own", "own", imported = true)
internal val SCORES = Findings.Classes(listOf(Score(1, 0.75f), Score(0, 0.125f)))

internal fun refused(detail: String = "it is so") = Failure(Failure.Kind.REFUSED, detail)

internal val OUT_OF_MEMORY = Failure(Failure.Kind.OUT_OF_MEMORY, "no room")

/** The state after events, one after the other. */
internal fun ScreenState.through(vararg events: ScreenEvent): ScreenState =
    events.fold(this) { state, event -> state.after(event).state }

internal val STARTED = ScreenState().through(ScreenEvent.Started(true, listOf(Facing.BACK, Facing.FRONT)))

/** The demo bundle is open, its first file is being loaded. */
internal val OPENED = STARTED.through(
    ScreenEvent.BundlesListed(listOf(DEMO, OWN)),
    ScreenEvent.BundleOpened(DEMO.id, BundleContent(listOf(FLOAT, INTEGER, TORCH), listOf("shirt", "boot"))),
)

internal val KEY = ModelKey(DEMO.id, FLOAT.path, RuntimeChoice.TFLITE_CPU)

/** A file is loaded. */
internal val LOADED = OPENED.through(ScreenEvent.RunnerOpened(KEY, "LiteRT", 4, 20.0))

/** The camera runs, too. */
internal val LIVE = LOADED.through(ScreenEvent.CameraOpened)

internal fun classified(photo: Int? = null) = ScreenEvent.Classified(KEY, photo, SCORES, 2.0, 1.0, 0.0)
