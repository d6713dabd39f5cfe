package org.lowformer.edge

import android.content.ComponentCallbacks2
import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What becomes of the model and of the camera when the screen comes and goes. */
class LifecycleTest {
    @TempDir
    lateinit var disk: File

    private val hand by lazy { Hand(disk) }
    private val models get() = hand.phone.models
    private val cameras get() = hand.phone.cameras

    @AfterEach
    fun nothingForbiddenWasDone() = assertEquals(emptyList<String>(), hand.phone.violations)

    @Test
    fun thePictureHasTheScreenUntilSomebodyWantsToChoose() {
        hand.live()
        assertFalse(hand.isShown(R.id.sheet))
        hand.press(R.id.sheet_toggle)
        assertTrue(hand.isShown(R.id.sheet))
        assertEquals("Hide choices", hand.text(R.id.sheet_toggle))
        assertTrue(hand.isShown(R.id.latency))
        hand.screen.turn()
        hand.settle()
        assertTrue(hand.isShown(R.id.sheet))
        hand.press(R.id.sheet_toggle)
        assertFalse(hand.isShown(R.id.sheet))
    }

    @Test
    fun twoFramesTellTheirRate() {
        hand.live()
        assertFalse(hand.isShown(R.id.rate))
        hand.shoot()
        assertTrue(hand.text(R.id.rate).endsWith(" pictures a second"), hand.text(R.id.rate))
    }

    @Test
    fun theFirstScreenShowsWhatTheCameraSees() {
        hand.live()
        assertEquals("This is what the model sees through the camera.", hand.status)
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
        assertTrue(hand.text(R.id.latency).contains("(1 image)"))
        assertTrue(hand.activity.window.decorView.keepScreenOn)
        assertEquals(listOf("small-fp32.tflite"), models.opened)
    }

    @Test
    fun aModelHasRunBeforeTheFirstPictureComes() {
        hand.opened()
        assertEquals("Waiting for the first picture…", hand.status)
        assertEquals(1, models.runs)
        assertTrue("the first run took 5 ms" in hand.text(R.id.runtime_in_use), hand.text(R.id.runtime_in_use))
    }

    @Test
    fun aTurnedScreenGoesOnWithTheSameModel() {
        hand.live()
        hand.screen.turn()
        hand.settle()
        hand.shoot()
        assertEquals(listOf("small-fp32.tflite"), models.opened, "the model was loaded anew")
        assertEquals(1, models.open)
        assertEquals(1, cameras.open.size)
        assertEquals(2, cameras.opened)
    }

    @Test
    fun whoPicksAPhotoComesBackToTheSameModel() {
        hand.phone.documents["content://photo"] = Hand.photo()
        hand.live().pick(R.id.pick_photo, "content://photo")
        assertEquals("This is what the model sees in the photo.", hand.status)
        assertEquals(listOf("small-fp32.tflite"), models.opened)
        assertEquals(emptyList<Any>(), cameras.open)
    }

    @Test
    fun aPickerThatTakesLongCostsNoModel() {
        hand.live().press(R.id.pick_photo)
        hand.screen.stop()
        hand.phone.queue.pass(LONG)
        assertEquals(1, models.open)
    }

    @Test
    fun outOfSightTheCameraIsClosedAtOnceAndTheModelLater() {
        hand.live().screen.stop()
        hand.settle()
        assertEquals(emptyList<Any>(), cameras.open)
        assertEquals(1, models.open)
        hand.phone.queue.pass(LONG)
        assertEquals(0, models.open)
    }

    @Test
    fun whoIsBackSoonFindsTheModelOpen() {
        hand.live().screen.stop()
        hand.phone.queue.pass(LONG / 2)
        hand.screen.start()
        hand.phone.queue.pass(LONG)
        assertEquals(1, models.open)
        assertEquals(1, models.opened.size)
    }

    @Test
    fun whoIsBackLateGetsANewOne() {
        hand.live().screen.stop()
        hand.phone.queue.pass(LONG)
        hand.screen.start()
        hand.settle()
        hand.shoot()
        assertEquals(2, models.opened.size)
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun shortMemoryTakesTheModelOfAHiddenScreenAlone() {
        hand.live()
        val application = hand.phone.application
        application.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL)
        application.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        hand.settle()
        assertEquals(1, models.open)
        hand.screen.stop()
        application.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        hand.settle()
        assertEquals(0, models.open)
    }

    @Test
    fun aProcessWithoutAScreenReleasesNothing() {
        hand.phone.application = DemoApplication().apply { onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE) }
        hand.settle()
        assertEquals(emptyList<String>(), models.opened)
    }

    @Test
    fun wishesOutliveTheProcess() {
        hand.live()
        hand.choose(R.id.precisions, "int8")
        hand.press(R.id.switch_camera)
        hand.phone.kill()
        hand.live()
        assertEquals("small-int8.tflite", models.opened.last())
        assertEquals("int8", hand.chosen(R.id.precisions))
        assertEquals("1", cameras.current().id)
    }

    @Test
    fun thePhotoOutlivesTheProcessAndTheLeaveToReadIt() {
        hand.phone.documents["content://photo"] = Hand.photo()
        hand.live().pick(R.id.pick_photo, "content://photo")
        hand.phone.kill()
        hand.phone.documents.clear()
        hand.opened()
        assertEquals("This is what the model sees in the photo.", hand.status)
    }

    @Test
    fun aProcessThatDiesInTheMiddleOfUnpackingBeginsAgain() {
        File(disk, "no_backup/unpacked/bundles-demo.part").mkdirs()
        File(disk, "no_backup/unpacked/bundles-demo-6").mkdirs()
        hand.live()
        assertEquals(listOf("bundles-demo-7"), File(disk, "no_backup/unpacked").list().orEmpty().toList())
    }

    @Test
    fun aScreenThatWasNeverSeenHoldsNothing() {
        hand.create()
        hand.screen.end()
        hand.settle()
        assertEquals(0, models.mostOpen)
        assertFalse(hand.phone.displays != null)
    }

    private companion object {
        const val LONG = 31_000L
    }
}
