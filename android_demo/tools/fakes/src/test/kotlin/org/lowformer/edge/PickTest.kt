package org.lowformer.edge

import android.content.DialogInterface
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.view.Bars
import android.view.View
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.File
import javax.imageio.ImageIO
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** Photos and bundles that people pick. */
class PickTest {
    @TempDir
    lateinit var disk: File

    private val hand by lazy { Hand(File(disk, "phone")) }
    private val documents get() = hand.phone.documents

    @AfterEach
    fun nothingForbiddenWasDone() {
        assertEquals(emptyList<String>(), hand.phone.violations)
        Build.VERSION.SDK_INT = 36
    }

    private fun status(content: ByteArray?): String {
        if (content != null) documents["content://it"] = content
        hand.opened().pick(R.id.pick_photo, "content://it")
        return hand.status
    }

    @Test
    fun aPhotoIsClassifiedTenTimes() {
        hand.opened()
        val before = hand.phone.models.runs
        status(Hand.photo())
        assertEquals(before + 10, hand.phone.models.runs)
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
        assertTrue(hand.isShown(R.id.photo))
    }

    @ParameterizedTest
    @ValueSource(ints = [1, 2, 3, 4, 5, 6, 7, 8])
    fun theModelSeesThePhotoAsTheScreenShowsIt(orientation: Int) {
        hand.phone.orientation = orientation
        // Half red, half blue, and a green line: no two ways of turning it look alike.
        val photo = Hand.photo(8, 8) {
            for (y in 0 until 8) for (x in 0 until 8) setRGB(x, y, if (y == 0) GREEN else if (x < 4) RED else BLUE)
        }
        status(photo)
        val shown = PhotoStore(hand.phone.application).read()
        for (y in 0 until 8) {
            for (x in 0 until 8) {
                val at = 3 * (y * 8 + x)
                val seen = shown.image.pixels.slice(at until at + 3).fold(0xFF) { all, one -> all shl 8 or (one.toInt() and 0xFF) }
                assertEquals(shown.shown.getPixel(x, y), seen, "$x, $y")
            }
        }
    }

    @Test
    fun aBigPhotoIsShownSmall() {
        status(Hand.photo(2100, 20))
        assertEquals(1050, PhotoStore(hand.phone.application).read().shown.width)
    }

    @Test
    fun whatIsNoPhotoIsTold() {
        assertEquals(
            "The photo cannot be read. This device cannot decode it; pick a JPEG or a PNG",
            status("no photo".toByteArray()),
        )
        hand.press(R.id.try_again)
        assertTrue("cannot decode" in hand.status)
    }

    @Test
    fun aPhotoOfSixteenBitsIsTold() {
        val deep = BufferedImage(2, 2, BufferedImage.TYPE_USHORT_GRAY)
        val content = ByteArrayOutputStream().also { ImageIO.write(deep, "png", it) }
        assertTrue("It has no 8 bits a channel" in status(content.toByteArray()))
    }

    @Test
    fun damagedExifDataAreTold() {
        hand.phone.orientation = -1
        assertTrue("Its EXIF data are damaged (Invalid marker)" in status(Hand.photo()))
    }

    @Test
    fun aPhotoThatIsGoneIsTold() {
        assertTrue("It cannot be copied (content://it)" in status(null))
        assertFalse(File(disk, "phone/no_backup/photo.part").exists())
    }

    @Test
    fun aPhotoThatMayNotBeReadIsTold() {
        hand.phone.refusal = SecurityException("no leave")
        assertTrue("Android does not let the app read it" in status(Hand.photo()))
    }

    @Test
    fun aProviderThatFailsOtherwiseIsTold() {
        hand.phone.refusal = UnsupportedOperationException("no streams")
        assertTrue("UnsupportedOperationException: no streams" in status(Hand.photo()))
    }

    @Test
    fun whoPicksNothingStaysWhereHeWas() {
        hand.live().pick(R.id.pick_photo, null)
        assertEquals("Waiting for the first picture…", hand.status)
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun theLineOfTheBestClassIsThereAgainAtOnce() {
        documents["content://it"] = Hand.photo()
        hand.live().pick(R.id.pick_photo, "content://it")
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
        hand.choose(R.id.precisions, "int8")
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun theCameraIsTakenAgain() {
        status(Hand.photo())
        hand.press(R.id.use_camera)
        hand.shoot()
        assertEquals("This is what the model sees through the camera.", hand.status)
        assertFalse(hand.isShown(R.id.photo))
    }

    @ParameterizedTest
    @ValueSource(ints = [26, 33])
    fun thePickerIsTheSystems(sdk: Int) {
        Build.VERSION.SDK_INT = sdk
        hand.opened().press(R.id.pick_photo)
        val asked = hand.phone.started.single()
        assertEquals(if (sdk < 33) "android.intent.action.OPEN_DOCUMENT" else "android.provider.action.PICK_IMAGES", asked.action)
        assertEquals("image/*", asked.type)
        assertEquals(sdk < 33, asked.hasCategory("android.intent.category.OPENABLE"))
    }

    @Test
    fun aPhoneWithoutAPickerIsTold() {
        hand.phone.hasPicker = false
        hand.opened().press(R.id.import_folder)
        assertEquals(1, hand.phone.toasts.size)
        hand.screen.stop()
        hand.phone.queue.pass(31_000)
        assertEquals(0, hand.phone.models.open)
    }

    @Test
    fun aZipIsImportedAndChosen() {
        documents["content://zip"] = SmallBundle().zip(File(disk, "zipped"), "my bundle/")
        hand.phone.folders["content://zip"] = listOf(arrayOf("my bundle.zip"))
        hand.opened().pick(R.id.import_zip, "content://zip")
        assertTrue("my-bundle is imported." in hand.text(R.id.notices), hand.text(R.id.notices))
        assertTrue(hand.chosen(R.id.bundles).orEmpty().contains("my-bundle"))
        hand.pick(R.id.import_zip, "content://zip")
        assertTrue("my-bundle-2" in hand.chosen(R.id.bundles).orEmpty())
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun anImportedBundleIsRemovedIfThatIsMeant() {
        aZipIsImportedAndChosen()
        hand.press(R.id.remove_bundle)
        assertTrue("my-bundle-2" in hand.phone.dialog.toString())
        hand.phone.dialog.getButton(DialogInterface.BUTTON_NEGATIVE).performClick()
        hand.settle()
        assertEquals(4, hand.choices(R.id.bundles).size)
        hand.press(R.id.remove_bundle)
        hand.phone.dialog.getButton(DialogInterface.BUTTON_POSITIVE).performClick()
        hand.settle()
        assertEquals(3, hand.choices(R.id.bundles).size)
        assertFalse(File(disk, "phone/no_backup/imported/my-bundle-2").exists())
    }

    @Test
    fun aQuestionDoesNotOutliveItsScreen() {
        aZipIsImportedAndChosen()
        hand.press(R.id.remove_bundle)
        hand.screen.turn()
        assertFalse(hand.phone.dialog.isShowing)
    }

    @Test
    fun licencesAreShownInPlaceOfAQuestion() {
        aZipIsImportedAndChosen()
        hand.press(R.id.remove_bundle)
        val question = hand.phone.dialog
        hand.press(R.id.licences)
        assertFalse(question.isShowing)
        assertTrue(hand.phone.dialog.toString().startsWith("Open-source licences\n"))
        assertTrue("Apache License" in hand.phone.dialog.toString())
        hand.screen.turn()
        assertFalse(hand.phone.dialog.isShowing)
    }

    @Test
    fun aFolderIsImported() {
        val folder = SmallBundle().write(File(disk, "bundle"))
        hand.phone.folders["content://tree"] = listOf(arrayOf("content://tree", "a folder", DIRECTORY))
        hand.phone.folders["content://tree/children"] = listOf(arrayOf("content://tree/b", "b", DIRECTORY))
        hand.phone.folders["content://tree/b/children"] = folder.listFiles().orEmpty().map { file ->
            documents["content://${file.name}"] = file.readBytes()
            arrayOf("content://${file.name}", file.name, "application/octet-stream")
        }
        hand.opened().pick(R.id.import_folder, "content://tree")
        assertTrue("a-folder is imported." in hand.text(R.id.notices), hand.text(R.id.notices))
    }

    @Test
    fun aFolderThatCannotBeListedIsTold() {
        hand.opened().pick(R.id.import_folder, "content://nowhere")
        assertTrue("the folder cannot be listed" in hand.text(R.id.notices), hand.text(R.id.notices))
    }

    @Test
    fun aFolderThatHoldsItselfIsTold() {
        hand.phone.folders["content://tree/children"] = listOf(arrayOf("content://tree", "again", DIRECTORY))
        hand.opened().pick(R.id.import_folder, "content://tree")
        assertTrue("its folders lie too deep" in hand.text(R.id.notices), hand.text(R.id.notices))
    }

    @Test
    fun whatMayNotBeReadIsTold() {
        hand.phone.refusal = SecurityException("no leave")
        hand.opened().pick(R.id.import_zip, "content://zip")
        assertTrue("Android does not let the app read it; pick it again" in hand.text(R.id.notices))
        assertFalse(File(disk, "phone/no_backup/incoming").exists())
    }

    @Test
    fun aZipWithoutAFileThatRunsHereIsTold() {
        documents["content://zip"] = SmallBundle(files = emptyList()).zip(File(disk, "zipped"))
        hand.opened().pick(R.id.import_zip, "content://zip")
        assertTrue("no file in it runs in this app" in hand.text(R.id.notices), hand.text(R.id.notices))
    }

    @Test
    fun aDamagedBundleOfTheAppIsUnpackedAnew() {
        hand.opened()
        val unpacked = File(disk, "phone/no_backup/unpacked/bundles-demo-7/small-fp32.tflite")
        unpacked.appendText("damage")
        hand.phone.kill()
        hand.opened()
        assertTrue("cannot be used" in hand.status, hand.status)
        hand.press(R.id.try_again)
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun anUnpackingWithoutRoomIsTold() {
        File(disk, "phone/no_backup").mkdirs()
        File(disk, "phone/no_backup/unpacked").writeText("a file where a folder should be")
        hand.opened()
        assertTrue("cannot be unpacked" in hand.status, hand.status)
        assertTrue("make room on the device" in hand.status, hand.status)
    }

    @Test
    fun whatBarsCoverIsKeptClear() {
        hand.opened()
        val screen: View = hand.view(R.id.screen)
        screen.dispatchApplyWindowInsets(Bars.insets(1, 2, 3, 4))
        assertEquals(listOf(1, 2), listOf(screen.paddingLeft, screen.paddingTop))
    }

    @Test
    fun germansReadGerman() {
        hand.phone.language = "de"
        hand.live()
        assertEquals("Klasse 1, 97\u00A0%", hand.text(R.id.best))
    }

    @Test
    fun aZipThatAnotherAppOpensIsImported() {
        documents["content://zip"] = SmallBundle().zip(File(disk, "small"))
        val intent = Intent(Intent.ACTION_VIEW, Uri.parse("content://zip"))
        hand.open(intent).settle()
        assertTrue(hand.choices(R.id.bundles).any { "imported" in it }, hand.status)
        val before = hand.choices(R.id.bundles).size
        hand.screen.turn()
        hand.settle()
        assertEquals(before, hand.choices(R.id.bundles).size)
        hand.screen.open(intent)
        hand.settle()
        assertEquals(before + 1, hand.choices(R.id.bundles).size)
        // The list of recent apps opens it with the same words.
        hand.screen.open(intent.addFlags(Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY))
        hand.settle()
        assertEquals(before + 1, hand.choices(R.id.bundles).size)
    }

    @Test
    fun whatAnotherAppOpensIsCheckedAsAPickedZip() {
        documents["content://zip"] = "no zip".toByteArray()
        hand.open(Intent(Intent.ACTION_VIEW, Uri.parse("content://zip"))).settle()
        assertTrue("The bundle was not imported." in hand.text(R.id.notices), hand.text(R.id.notices))
    }

    @Test
    fun samplesAreShownInTurn() {
        val assets = Hand.assets("demo" to SmallBundle())
        hand.phone.assets = assets
        hand.opened().press(R.id.sample_photo)
        assertEquals("The photo cannot be read. It cannot be copied (this build of the app has none); make room, or pick another", hand.status)
        File(assets, "samples").mkdirs()
        File(assets, "samples/a.png").writeBytes(Hand.photo(12, 8))
        File(assets, "samples/b.png").writeBytes(Hand.photo(8, 8))
        val widths = List(3) {
            hand.press(R.id.sample_photo)
            PhotoStore(hand.phone.application).read().image.width
        }
        assertEquals(setOf(8, 12), widths.toSet())
        assertEquals(widths.first(), widths.last())
    }

    private companion object {
        const val DIRECTORY = "vnd.android.document/directory"
        const val RED = 0xFF0000
        const val GREEN = 0x00FF00
        const val BLUE = 0x0000FF
    }
}
