package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Messages that say what goes on. */
internal val STATUSES = Message.entries.filter { it < Message.RANDOM_WEIGHTS }.toSet()

class StatesTest {
    /** One state for each status. */
    private val states: List<ScreenState> = listOf(
        ScreenState(),
        STARTED,
        STARTED.through(ScreenEvent.BundlesListed(emptyList())),
        STARTED.through(ScreenEvent.BundlesListed(listOf(DEMO))),
        bundle(ScreenEvent.BundleFailed(OWN.id, refused())),
        bundle(ScreenEvent.BundleFailed(OWN.id, OUT_OF_MEMORY)),
        bundle(ScreenEvent.BundleOpened(OWN.id, BundleContent(emptyList(), null))),
        OPENED,
        LOADED.through(ScreenEvent.PrecisionWished("int8")),
        failed(RuntimeChoice.TFLITE_GPU, refused()),
        failed(RuntimeChoice.TFLITE_CPU, refused()),
        failed(RuntimeChoice.TFLITE_CPU, Failure(Failure.Kind.RUNTIME_MISSING, "no library")),
        failed(RuntimeChoice.TFLITE_CPU, OUT_OF_MEMORY),
        LOADED.through(ScreenEvent.Started(true, emptyList())),
        asked(),
        asked(ScreenEvent.PermissionAnswered(allowed = false, mayAskAgain = true)),
        asked(ScreenEvent.PermissionAnswered(allowed = false, mayAskAgain = false)),
        LOADED,
        LIVE.through(ScreenEvent.CameraSwitched),
        LIVE.through(ScreenEvent.CameraFailed(CameraProblem.IN_USE)),
        LIVE.through(ScreenEvent.CameraFailed(CameraProblem.DISABLED)),
        LIVE.through(ScreenEvent.CameraFailed(CameraProblem.DISCONNECTED)),
        LIVE.through(ScreenEvent.CameraFailed(CameraProblem.FAILED)),
        LIVE,
        LIVE.through(classified()),
        photo(ScreenEvent.PhotoMissing(1)),
        photo(),
        photo(ScreenEvent.PhotoFailed(1, refused())),
        photo(ScreenEvent.PhotoFailed(1, OUT_OF_MEMORY)),
        photo(ScreenEvent.PhotoRead(1, 1)),
        photo(ScreenEvent.PhotoRead(1, 1), classified(photo = 1)),
    )

    @Test
    fun everyStatusCanBeReached() {
        assertEquals(STATUSES.toList(), states.map { it.view.status.message })
    }

    @Test
    fun theTableOfStatesIsTrue() {
        val expected = HEADER + states.map { row(it.view) }
        val stated = checkNotNull(javaClass.getResource("/states.md")) { "states.md is missing" }.readText()
        assertEquals(expected.joinToString("\n", postfix = "\n"), stated)
    }

    @Test
    fun aProblemIsSomethingThatOneCanActUpon() {
        for (view in states.map { it.view }.filter { it.isProblem }) {
            assertTrue(view.actions.isNotEmpty(), "${view.status.message} leaves a person without a way on")
            assertTrue(!view.isBusy)
        }
    }

    @Test
    fun whatCannotBeChosenSaysWhy() {
        val view = OPENED.copy(missing = setOf(RuntimeChoice.TFLITE_GPU)).through(
            ScreenEvent.BundleWished(OWN.id),
            ScreenEvent.BundleOpened(OWN.id, BundleContent(listOf(FLOAT, INTEGER), null)),
        ).view
        val noFile = Message.WHY_NO_FILE.with(Message.FORMAT_EXECUTORCH.with())
        assertEquals(listOf(null, Message.WHY_NOT_IN_BUILD.with(), null, noFile), view.runtimes.map { it.why })
        val torch = OPENED.through(ScreenEvent.RuntimeWished(RuntimeChoice.EXECUTORCH)).view
        assertEquals(listOf(null, noFile), torch.precisions.map { it.why })
    }

    @Test
    fun classesWithoutNamesHaveNumbers() {
        val named = LIVE.through(classified()).view
        assertEquals(listOf(Wording.Plain("boot"), Wording.Plain("shirt")), named.scores.map { it.name })
        assertEquals(Message.BEST_CLASS.with(Wording.Plain("boot"), 75.0), named.best)
        val nameless = LIVE.copy(bundle = BundleState.Open(DEMO.id, BundleContent(LIVE.offers, null)))
        assertEquals(Message.CLASS_NUMBER.with(1), nameless.through(classified()).view.scores.first().name)
    }

    @Test
    fun aPhotoThatWasReadSmallerSaysSo() {
        val whole = photo(ScreenEvent.PhotoRead(1, 1)).view
        assertEquals(emptyList<Wording>(), whole.notices)
        val reduced = photo(ScreenEvent.PhotoRead(1, 4)).view
        assertEquals(listOf(Message.PHOTO_REDUCED.with(4)), reduced.notices)
    }

    @Test
    fun theScreenStaysOnWhileTheCameraIsWatched() {
        val awake = states.map { it.view }.filter { it.keepsAwake }
        assertEquals(listOf(Message.CAMERA_LIVE), awake.map { it.status.message })
    }

    @Test
    fun whatComputesIsShownWithItsFirstRun() {
        val expected = Wording.Known(Message.RUNTIME_WITH_THREADS, listOf("LiteRT", 4, 20.0), 4)
        assertEquals(expected, LOADED.view.runtime)
        val onGpu = OPENED.through(ScreenEvent.RunnerOpened(KEY, "LiteRT, a GPU", null, 300.0)).view
        assertEquals(Message.RUNTIME_IN_USE.with("LiteRT, a GPU", 300.0), onGpu.runtime)
    }

    @Test
    fun randomWeightsAreCalledSo() {
        val content = BundleContent(listOf(FLOAT), null, isTrained = false)
        val listed = STARTED.through(ScreenEvent.BundlesListed(listOf(DEMO)))
        val state = listed.through(ScreenEvent.BundleOpened(DEMO.id, content))
        assertEquals(listOf(Message.RANDOM_WEIGHTS.with()), state.view.notices)
    }

    private fun bundle(news: ScreenEvent) = STARTED.through(ScreenEvent.BundlesListed(listOf(OWN)), news)

    private fun failed(runtime: RuntimeChoice, failure: Failure): ScreenState {
        val chosen = OPENED.copy(wishes = Wishes(runtime = runtime), runner = RunnerState.None)
        return chosen.through(ScreenEvent.TryAgain, ScreenEvent.RunnerFailed(KEY.copy(runtime = runtime), failure))
    }

    private fun asked(vararg answers: ScreenEvent) = LOADED.copy(
        permission = Permission.ASKING,
        camera = CameraState.Off,
    ).through(*answers)

    private fun photo(vararg news: ScreenEvent) = LOADED.through(ScreenEvent.PhotoPicked("content://photo"), *news)

    private fun row(view: ScreenView): String {
        val kind = if (view.isProblem) "problem" else if (view.isBusy) "waiting" else ""
        val shown = listOfNotNull(
            view.preview.name.lowercase().takeIf { view.preview != Preview.NOTHING },
            "scores, latency".takeIf { view.scores.isNotEmpty() && view.latency != null },
            "runtime".takeIf { view.runtime != null },
        )
        val special = view.actions -
            setOf(Action.PICK_PHOTO, Action.SAMPLE_PHOTO, Action.IMPORT_FOLDER, Action.IMPORT_ZIP)
        val choices = listOfNotNull(
            "bundle".takeIf { view.bundles.isNotEmpty() },
            "runtime".takeIf { view.runtimes.any { it.isChosen } },
            "precision".takeIf { view.precisions.isNotEmpty() },
        )
        val cells = listOf(
            "`${view.status.message}`",
            kind,
            shown.joinToString(", "),
            special.joinToString(", ") { it.name.lowercase().replace('_', ' ') },
            choices.joinToString(", "),
        )
        return cells.joinToString(" | ", "| ", " |").replace("|  |", "| |").replace("|  |", "| |")
    }

    private companion object {
        val HEADER = listOf("| state | kind | shown | can be done | can be chosen |", "|---|---|---|---|---|")
    }
}
