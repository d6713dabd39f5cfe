package org.lowformer.edge

import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CaptureRequest
import android.view.TextureView
import android.view.Textures
import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import org.lowformer.edge.fakes.Cameras
import kotlin.math.sign

/** What the app makes of what happens to cameras, and to the permission to use them. */
class CameraTest {
    @TempDir
    lateinit var disk: File

    private val hand by lazy { Hand(disk) }
    private val cameras get() = hand.phone.cameras
    private val preview: TextureView get() = hand.view(R.id.camera_preview)

    @AfterEach
    fun nothingForbiddenWasDone() = assertEquals(emptyList<String>(), hand.phone.violations)

    @Test
    fun itFocusesWhereItCan() {
        hand.live()
        assertEquals(4, cameras.current().request.get(CaptureRequest.CONTROL_AF_MODE))
    }

    @Test
    fun oneThatCannotFocusIsNotAskedTo() {
        cameras.plugged.clear()
        cameras.plug("0", Hand.BACK, 0, intArrayOf(0))
        hand.live()
        assertNull(cameras.current().request.get(CaptureRequest.CONTROL_AF_MODE))
    }

    @Test
    fun oneIsClosedBeforeTheOtherIsOpened() {
        hand.live().press(R.id.switch_camera)
        assertEquals(listOf("1"), cameras.open.map { it.id })
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @ParameterizedTest
    @CsvSource(
        "1, Another app uses the camera.", "2, Another app uses the camera.",
        "3, Cameras are turned off", "4, The camera does not work.", "5, The camera does not work.",
    )
    fun anErrorIsTold(error: Int, told: String) {
        hand.live()
        cameras.current().fail(error)
        hand.settle()
        assertTrue(told in hand.status, hand.status)
        assertEquals(emptyList<Any>(), cameras.open)
        hand.press(R.id.try_again)
        assertEquals(1, cameras.open.size)
    }

    @Test
    fun oneThatIsTakenAwayIsTold() {
        hand.live()
        cameras.current().lose()
        hand.settle()
        assertTrue("The camera was taken away." in hand.status, hand.status)
        assertEquals(1, hand.phone.models.open)
        assertEquals("", hand.text(R.id.best))
    }

    @ParameterizedTest
    @CsvSource(
        "1, Cameras are turned off", "2, The camera was taken away.", "3, The camera does not work.",
        "4, Another app uses the camera.", "5, Another app uses the camera.",
    )
    fun oneThatCannotBeOpenedIsTold(reason: Int, told: String) {
        cameras.openFailure = CameraAccessException(reason)
        hand.opened()
        assertTrue(told in hand.status, hand.status)
    }

    @Test
    fun oneThatIsInUseWhenItIsOpenedIsTold() {
        cameras.openError = 1
        hand.opened()
        assertTrue("Another app uses the camera." in hand.status, hand.status)
    }

    @Test
    fun oneThatIsUnpluggedBeforeItIsOpenedIsTold() {
        cameras.openFailure = IllegalArgumentException("no such camera")
        hand.opened()
        assertTrue("The camera was taken away." in hand.status, hand.status)
    }

    @Test
    fun aPermissionWithdrawnInTheMiddleIsTold() {
        cameras.openFailure = SecurityException("no more")
        hand.opened()
        assertTrue("Cameras are turned off" in hand.status, hand.status)
    }

    @Test
    fun aSessionThatCannotBeConfiguredIsTold() {
        cameras.isConfigureFailing = true
        hand.opened()
        assertTrue("The camera does not work." in hand.status, hand.status)
        assertEquals(emptyList<Any>(), cameras.open)
    }

    @ParameterizedTest
    @CsvSource("abandoned, The camera does not work.", "closed, The camera was taken away.", "access, Another app")
    fun aSessionThatFailsIsTold(kind: String, told: String) {
        cameras.sessionFailure = when (kind) {
            "abandoned" -> IllegalArgumentException("Surface was abandoned")
            "closed" -> IllegalStateException("CameraDevice was already closed")
            else -> CameraAccessException(CameraAccessException.CAMERA_IN_USE)
        }
        hand.opened()
        assertTrue(told in hand.status, hand.status)
        assertEquals(emptyList<Any>(), cameras.open)
    }

    @Test
    fun oneThatIsClosedBeforeItIsOpenIsClosed() {
        hand.open()
        while (cameras.open.isEmpty()) check(hand.phone.queue.step())
        hand.screen.stop()
        hand.settle()
        assertEquals(emptyList<Any>(), cameras.open)
        hand.screen.start()
        hand.settle()
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun aScreenThatGoesBeforeItsViewHasASurfaceOpensNone() {
        hand.open()
        hand.screen.stop()
        hand.settle()
        assertEquals(0, cameras.opened)
    }

    @Test
    fun withoutACameraPhotosAreOffered() {
        cameras.plugged.clear()
        hand.opened()
        assertEquals("This device has no camera. Pick a photo.", hand.status)
        assertTrue(hand.isShown(R.id.pick_photo))
    }

    @Test
    fun wherePhonesDoNotListTheirCamerasOneIsTried() {
        cameras.listFailure = CameraAccessException(CameraAccessException.CAMERA_DISCONNECTED)
        hand.opened()
        assertTrue("The camera does not work." in hand.status, hand.status)
    }

    @Test
    fun oneWithoutSizesDoesNotWork() {
        cameras.plugged.clear()
        cameras.plugged.add(Cameras.Camera("0", 2, 0, null, null, null))
        hand.opened()
        assertTrue("The camera does not work." in hand.status, hand.status)
    }

    @Test
    fun oneThatIsGoneWhenTheScreenIsBackIsNotMissed() {
        hand.live().screen.stop()
        cameras.plugged.removeAll { it.id == "0" }
        hand.screen.start()
        hand.settle()
        assertEquals(listOf("1"), cameras.open.map { it.id })
    }

    @Test
    fun thePreviewIsUprightHoweverTheDeviceIsHeld() {
        hand.live()
        val ups = (0..3).map { rotation ->
            hand.phone.rotation = rotation
            hand.phone.displays.onDisplayChanged(0)
            val line = floatArrayOf(100f, 100f, 100f, 0f).also { preview.getTransform(null).mapPoints(it) }
            listOf(line[2] - line[0], line[3] - line[1]).map { it.sign.toInt() }
        }
        assertEquals(listOf(listOf(0, -1), listOf(-1, 0), listOf(0, 1), listOf(1, 0)), ups)
    }

    @Test
    fun aModelThatSeesAllOfAPictureShowsAllOfIt() {
        val squashing = Hand(File(disk, "squashing"), assets = Hand.assets("demo" to SmallBundle(resize = "squash")))
        assertFalse(squashing.live().view<TextureView>(R.id.camera_preview).isOpaque)
        assertTrue(hand.live().view<TextureView>(R.id.camera_preview).isOpaque)
    }

    @Test
    fun framesThatComeWhileOneIsComputedAreDropped() {
        hand.live()
        val before = hand.phone.models.runs
        repeat(5) { cameras.current().shoot() }
        hand.settle()
        assertEquals(before + 1, hand.phone.models.runs)
    }

    @Test
    fun aDeniedPermissionCanBeGivenLater() {
        hand.phone.mayUseCamera = false
        hand.opened()
        assertEquals(1, hand.phone.asked)
        hand.screen.answer(false)
        hand.settle()
        assertTrue(hand.status.startsWith("The app may not use the camera. Allow it"), hand.status)
        hand.press(R.id.allow_camera)
        hand.screen.answer(true)
        hand.settle()
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun whatIsDeniedForEverIsAllowedInTheSettings() {
        hand.phone.mayUseCamera = false
        hand.phone.showsRationale = false
        hand.opened()
        hand.screen.answer(false)
        hand.settle()
        assertTrue("Allow it in the settings" in hand.status, hand.status)
        hand.press(R.id.open_settings)
        val settings = hand.phone.started.single()
        assertEquals("android.settings.APPLICATION_DETAILS_SETTINGS", settings.action)
        assertEquals("package:org.lowformer.edge", settings.data.toString())
    }

    @Test
    fun aQuestionThatIsBrushedAsideMayBeAskedAgain() {
        hand.phone.mayUseCamera = false
        hand.phone.showsRationale = false
        hand.opened()
        hand.screen.brushAside()
        hand.settle()
        assertTrue(hand.isShown(R.id.allow_camera))
        assertFalse(hand.isShown(R.id.open_settings))
    }

    @Test
    fun anotherRequestsAnswerIsNobodys() {
        hand.phone.mayUseCamera = false
        hand.opened()
        hand.activity.onRequestPermissionsResult(9, arrayOf(), intArrayOf(-1))
        hand.settle()
        assertEquals("The app needs your permission to use the camera. Photos can be picked without it.", hand.status)
    }

    @Test
    fun aViewOfAnotherSizeShowsThePictureInItsShape() {
        hand.live()
        Textures.resize(preview, 300, 200)
        val corners = floatArrayOf(0f, 0f, 300f, 200f).also { preview.getTransform(null).mapPoints(it) }
        assertEquals(listOf(150f, 100f), listOf((corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2))
    }
}
