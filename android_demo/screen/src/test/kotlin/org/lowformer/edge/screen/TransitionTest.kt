package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class TransitionTest {
    @Test
    fun theFirstStartLooksForBundlesAndOpensTheCamera() {
        val step = ScreenState().after(ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertEquals(listOf(Effect.ListBundles, Effect.OpenCamera(Facing.BACK)), step.effects)
    }

    @Test
    fun aCameraThatIsNotAllowedIsAskedForOnce() {
        val asked = ScreenState().after(ScreenEvent.Started(false, listOf(Facing.BACK)))
        assertEquals(listOf(Effect.ListBundles, Effect.AskPermission), asked.effects)
        val denied = asked.state.after(ScreenEvent.PermissionAnswered(allowed = false, mayAskAgain = true))
        assertEquals(emptyList<Effect>(), denied.effects)
        val again = denied.state.after(ScreenEvent.PermissionWished)
        assertEquals(listOf(Effect.AskPermission), again.effects)
        val allowed = again.state.after(ScreenEvent.PermissionAnswered(allowed = true, mayAskAgain = true))
        assertEquals(listOf(Effect.OpenCamera(Facing.BACK)), allowed.effects)
    }

    @Test
    fun theSettingsHelpAgainstBeingDeniedForEver() {
        val state = ScreenState().through(
            ScreenEvent.Started(false, listOf(Facing.BACK)),
            ScreenEvent.PermissionAnswered(allowed = false, mayAskAgain = false),
        )
        assertEquals(listOf(Effect.AskPermission), state.after(ScreenEvent.PermissionWished).effects)
        val back = state.through(ScreenEvent.Stopped).after(ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertTrue(Effect.OpenCamera(Facing.BACK) in back.effects)
    }

    @Test
    fun aDeviceWithoutACameraAsksForNothing() {
        val step = ScreenState().after(ScreenEvent.Started(false, emptyList()))
        assertEquals(listOf(Effect.ListBundles), step.effects)
    }

    @Test
    fun anotherRuntimeIsOpenedOnlyWhenTheOneBeforeIsClosed() {
        val wished = LOADED.after(ScreenEvent.RuntimeWished(RuntimeChoice.EXECUTORCH))
        assertTrue(Effect.CloseRunner in wished.effects)
        assertFalse(wished.effects.any { it is Effect.OpenRunner })
        val closed = wished.state.after(ScreenEvent.RunnerClosed)
        val key = ModelKey(DEMO.id, TORCH.path, RuntimeChoice.EXECUTORCH)
        assertEquals(listOf(Effect.OpenRunner(key)), closed.effects)
    }

    @Test
    fun aRefusingGPUStaysChosenUntilAPersonTakesAnotherRuntime() {
        val key = KEY.copy(runtime = RuntimeChoice.TFLITE_GPU)
        val failed = LOADED.through(
            ScreenEvent.RuntimeWished(RuntimeChoice.TFLITE_GPU),
            ScreenEvent.RunnerClosed,
            ScreenEvent.RunnerFailed(key, refused()),
        )
        assertEquals(RuntimeChoice.TFLITE_GPU, failed.chosenRuntime)
        val restarted = failed.through(ScreenEvent.Stopped, ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertEquals(Message.GPU_FAILED, restarted.view.status.message)
        val changed = restarted.after(ScreenEvent.RuntimeWished(RuntimeChoice.TFLITE_CPU))
        assertTrue(Effect.OpenRunner(KEY) in changed.effects)
    }

    @Test
    fun aRunnerThatFailsIsClosedBeforeTheFailureIsShown() {
        val failing = LIVE.after(ScreenEvent.RunFailed(KEY, OUT_OF_MEMORY))
        assertEquals(listOf(Effect.CloseRunner), failing.effects)
        assertEquals(emptyList<Effect>(), failing.state.after(ScreenEvent.RunFailed(KEY, OUT_OF_MEMORY)).effects)
        val closed = failing.state.after(ScreenEvent.RunnerClosed)
        assertEquals(Message.MODEL_OUT_OF_MEMORY, closed.state.view.status.message)
        assertEquals(listOf(Effect.OpenRunner(KEY)), closed.state.after(ScreenEvent.TryAgain).effects)
    }

    @Test
    fun aTurnedScreenClosesItsCameraAloneAndKeepsTheRunner() {
        val stopped = LIVE.after(ScreenEvent.Stopped)
        assertEquals(listOf(Effect.CloseCamera), stopped.effects)
        val early = stopped.state.after(ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertEquals(emptyList<Effect>(), early.effects)
        val back = early.state.after(ScreenEvent.CameraClosed)
        assertEquals(listOf(Effect.OpenCamera(Facing.BACK)), back.effects)
        assertEquals(LIVE.runner, back.state.runner)
    }

    @Test
    fun aPhotoKeepsItsScoresWhileTheScreenTurns() {
        val shown = LOADED.through(
            ScreenEvent.PhotoPicked("content://photo"),
            ScreenEvent.PhotoRead(1, 1),
            classified(photo = 1),
        )
        val back = shown.through(ScreenEvent.Stopped, ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertEquals(shown.view, back.view)
        assertEquals(1, back.timings.count)
    }

    @Test
    fun whoStaysAwayFindsTheRunnerClosedAndItIsOpenedAgain() {
        val away = LIVE.through(ScreenEvent.Stopped, ScreenEvent.CameraClosed).after(ScreenEvent.Released)
        assertEquals(listOf(Effect.CloseRunner), away.effects)
        val early = away.state.after(ScreenEvent.Started(true, emptyList()))
        assertEquals(emptyList<Effect>(), early.effects)
        assertEquals(listOf(Effect.OpenRunner(KEY)), early.state.after(ScreenEvent.RunnerClosed).effects)
    }

    @Test
    fun aRunnerThatOpensForNobodyIsClosed() {
        val away = OPENED.through(ScreenEvent.Stopped, ScreenEvent.Released)
        assertEquals(listOf(Effect.CloseRunner), away.after(ScreenEvent.RunnerOpened(KEY, "LiteRT", 4, 20.0)).effects)
        val back = away.through(ScreenEvent.Started(true, emptyList()))
        assertEquals(emptyList<Effect>(), back.after(ScreenEvent.RunnerOpened(KEY, "LiteRT", 4, 20.0)).effects)
    }

    @Test
    fun aScreenInSightReleasesNothing() {
        assertEquals(Step(LIVE), LIVE.after(ScreenEvent.Released))
    }

    @Test
    fun nothingIsOpenedOutOfSight() {
        val listed = STARTED.through(ScreenEvent.BundlesListed(listOf(DEMO)), ScreenEvent.Stopped)
        val opened = listed.after(ScreenEvent.BundleOpened(DEMO.id, BundleContent(listOf(FLOAT), null)))
        assertEquals(emptyList<Effect>(), opened.effects)
    }

    @Test
    fun whatCannotBeRunCannotBeChosen() {
        val state = STARTED.copy(missing = setOf(RuntimeChoice.TFLITE_CPU)).through(
            ScreenEvent.BundlesListed(listOf(DEMO)),
            ScreenEvent.BundleOpened(DEMO.id, BundleContent(listOf(FLOAT), null)),
        )
        assertEquals(RuntimeChoice.TFLITE_GPU, state.chosenRuntime)
        for (runtime in listOf(RuntimeChoice.TFLITE_CPU, RuntimeChoice.EXECUTORCH)) {
            assertEquals(state, state.through(ScreenEvent.RuntimeWished(runtime)))
        }
        assertEquals(state, state.through(ScreenEvent.PrecisionWished("int8")))
        assertEquals(state, state.through(ScreenEvent.BundleWished("imported/gone")))
        assertEquals(emptyList<Effect>(), state.after(ScreenEvent.RemovalWished(DEMO.id)).effects)
    }

    @Test
    fun aWishThatABundleCannotMeetWaitsForOneThatCan() {
        val wished = OPENED.through(ScreenEvent.PrecisionWished("int8"))
        val other = wished.through(
            ScreenEvent.BundleWished(OWN.id),
            ScreenEvent.BundleOpened(OWN.id, BundleContent(listOf(FLOAT), null)),
        )
        assertEquals("fp32", other.chosenOffer?.precision)
        val back = other.through(
            ScreenEvent.BundleWished(DEMO.id),
            ScreenEvent.BundleOpened(DEMO.id, BundleContent(listOf(FLOAT, INTEGER), null)),
        )
        assertEquals("int8", back.chosenOffer?.precision)
    }

    @Test
    fun aRemovedBundleGivesWayToTheFirstAndNewsOfItAreIgnored() {
        val own = OPENED.through(ScreenEvent.BundleWished(OWN.id))
        val removed = own.after(ScreenEvent.RemovalWished(OWN.id))
        assertEquals(listOf(Effect.RemoveBundle(OWN.id)), removed.effects)
        val listed = removed.state.after(ScreenEvent.BundlesListed(listOf(DEMO)))
        assertEquals(listOf(Effect.OpenBundle(DEMO.id)), listed.effects)
        val late = ScreenEvent.BundleFailed(OWN.id, refused())
        assertEquals(listed.state, listed.state.through(late))
    }

    @Test
    fun anImportedBundleIsChosenAndKept() {
        val running = OPENED.after(ScreenEvent.ImportWished("content://zip", folder = false))
        assertEquals(listOf(Effect.ImportBundle("content://zip", folder = false)), running.effects)
        assertEquals(Step(running.state), running.state.after(ScreenEvent.ImportWished("content://2", folder = true)))
        val new = BundleEntry("imported/new", "new", imported = true)
        val done = running.state.after(ScreenEvent.Imported(new.id, listOf(DEMO, OWN, new)))
        val kept = done.effects.filterIsInstance<Effect.KeepWishes>().single()
        assertEquals(new.id, kept.wishes.bundle)
        assertTrue(Effect.OpenBundle(new.id) in done.effects)
        assertEquals(new, done.state.chosenBundle)
    }

    @Test
    fun aPhotoEndsTheCameraAndIsClassifiedTenTimes() {
        val picked = LIVE.after(ScreenEvent.PhotoPicked("content://photo"))
        assertTrue(Effect.ReadPhoto(1, "content://photo") in picked.effects)
        assertTrue(Effect.CloseCamera in picked.effects)
        var step = picked.state.after(ScreenEvent.PhotoRead(1, reduction = 1))
        var times = 0
        while (step.effects == listOf(Effect.ClassifyPhoto(KEY, 1))) {
            times++
            step = step.state.after(classified(photo = 1))
        }
        assertEquals(10, times)
        assertEquals(10, step.state.timings.count)
        assertEquals(Message.PHOTO_CLASSIFIED, step.state.view.status.message)
    }

    @Test
    fun scoresOfAPhotoBeforeAreNotShownForTheNext() {
        val first = LOADED.through(ScreenEvent.PhotoPicked("content://1"), ScreenEvent.PhotoRead(1, 1))
        val second = first.through(ScreenEvent.PhotoPicked("content://2"), ScreenEvent.PhotoRead(2, 1))
        val late = second.after(classified(photo = 1))
        assertEquals(emptyList<ScoreRow>(), late.state.view.scores)
        assertEquals(listOf(Effect.ClassifyPhoto(KEY, 2)), late.effects)
    }

    @Test
    fun thePhotoFromBeforeIsReadWhenTheAppComesBack() {
        val wishes = Wishes(source = Source.PHOTO)
        val step = ScreenState(wishes = wishes).after(ScreenEvent.Started(false, listOf(Facing.BACK)))
        assertEquals(listOf(Effect.ListBundles, Effect.ReadPhoto(1, null)), step.effects)
        val missing = step.state.after(ScreenEvent.PhotoMissing(1))
        assertEquals(emptyList<Effect>(), missing.effects)
    }

    @Test
    fun aLostCameraIsOpenedAgainByHandByTheOtherCameraOrByComingBack() {
        val lost = LIVE.through(classified(), ScreenEvent.CameraFailed(CameraProblem.DISCONNECTED))
        assertEquals(emptyList<ScoreRow>(), lost.view.scores)
        assertEquals(listOf(Effect.OpenCamera(Facing.BACK)), lost.after(ScreenEvent.TryAgain).effects)
        assertTrue(Effect.OpenCamera(Facing.FRONT) in lost.after(ScreenEvent.CameraSwitched).effects)
        val back = lost.through(ScreenEvent.Stopped).after(ScreenEvent.Started(true, listOf(Facing.BACK)))
        assertTrue(Effect.OpenCamera(Facing.BACK) in back.effects)
    }

    @Test
    fun anotherCameraWaitsUntilTheFirstIsClosed() {
        val switched = LIVE.after(ScreenEvent.CameraSwitched)
        assertTrue(Effect.CloseCamera in switched.effects)
        assertFalse(switched.effects.any { it is Effect.OpenCamera })
        for (end in listOf(ScreenEvent.CameraClosed, ScreenEvent.CameraFailed(CameraProblem.FAILED))) {
            assertEquals(listOf(Effect.OpenCamera(Facing.FRONT)), switched.state.after(end).effects)
        }
    }

    @Test
    fun theFrameRateIsThatOfRecentImages() {
        fun seen(vararg done: Double) = done.fold(LIVE) { state, ms ->
            state.through(ScreenEvent.Classified(KEY, null, SCORES, 2.0, 1.0, ms))
        }
        assertNull(seen(7.0).view.rate)
        assertNull(seen(7.0, 7.0).view.rate)
        assertEquals(Message.FRAME_RATE.with(20.0), seen(0.0, 50.0, 100.0).view.rate)
        // A slow beginning is forgotten.
        val steady = DoubleArray(Timings.WINDOW) { 100_000 + it * 25.0 }
        assertEquals(Message.FRAME_RATE.with(40.0), seen(0.0, *steady).view.rate)
    }

    @Test
    fun aPhotoHasNoFrameRate() {
        val photo = LIVE.through(ScreenEvent.PhotoPicked("content://photo"), ScreenEvent.PhotoRead(1, 1))
        val seen = listOf(0.0, 50.0).fold(photo) { state, ms ->
            state.through(ScreenEvent.Classified(KEY, 1, SCORES, 2.0, 1.0, ms))
        }
        assertEquals(2, seen.timings.count)
        assertNull(seen.view.rate)
    }

    @Test
    fun choicesAreShownOnDemandAndWhereSomethingIsWrong() {
        assertFalse(LIVE.view.isSheetOpen)
        val open = LIVE.through(ScreenEvent.SheetToggled)
        assertTrue(open.view.isSheetOpen)
        assertFalse(open.through(ScreenEvent.SheetToggled).view.isSheetOpen)
        assertTrue(LIVE.through(ScreenEvent.CameraFailed(CameraProblem.IN_USE)).view.isSheetOpen)
    }

    @Test
    fun latencyIsTheMedianOfRecentImages() {
        var state = LIVE
        for (ms in 1..100) state = state.through(ScreenEvent.Classified(KEY, null, SCORES, 2.0 * ms, 1.0 * ms, 0.0))
        assertEquals(Timings.WINDOW, state.timings.count)
        assertEquals(85.5, state.timings.modelMedian())
        assertEquals(171.0, state.timings.preprocessingMedian())
        assertNull(state.through(ScreenEvent.PrecisionWished("int8")).view.latency)
    }
}
