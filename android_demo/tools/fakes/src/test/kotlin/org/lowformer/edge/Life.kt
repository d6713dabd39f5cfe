package org.lowformer.edge

import android.content.ComponentCallbacks2
import android.content.Intent
import android.hardware.camera2.CameraAccessException
import android.net.Uri
import android.os.Handler
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import java.io.File
import kotlin.random.Random
import org.lowformer.edge.fakes.Phone

/** One life of a phone with the app on it: people and the world do what they can, in an order that a seed decides. */
internal class Life(disk: File, seed: Long) {
    private val random = Random(seed)
    private val hand = Hand(disk, seed)
    private val phone: Phone = hand.phone
    private val main = Handler(Looper.getMainLooper())
    private var isSeen = false

    /** What happened so far. */
    val story = mutableListOf<String>()

    init {
        phone.mayUseCamera = random.nextBoolean()
        phone.documents[PHOTO] = PHOTO_BYTES
        phone.documents[NO_PHOTO] = "no photo".toByteArray()
        phone.documents[ZIP] = ZIP_BYTES
        phone.documents[NO_ZIP] = "no zip".toByteArray()
        begin()
    }

    /** One thing happens, and some of what the app does of it. */
    fun step() {
        val (name, action) = possible().random(random)
        story += name
        if (name == DEATH) action() else main.post { action() }
        repeat(random.nextInt(MOST_TURNS)) { phone.queue.step() }
        check()
    }

    /** Everything comes to rest: then it must be as if nothing had raced. */
    fun rest() {
        hand.settle()
        check()
        if (!isSeen || phone.asked != null) return
        check(hand.status !in ENDLESS) { "${hand.status} for ever" }
        turnedAndNothingLoaded()
        hideAndNothingHeld()
    }

    /** Nobody comes back. */
    fun end() {
        hand.settle()
        if (isSeen) hide()
        phone.picking = null
        phone.queue.pass(LONG)
        phone.application?.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        hand.settle()
        check()
        check(phone.models.open == 0) { "a model is open for ever" }
        check(phone.cameras.open.isEmpty()) { "a camera is open for ever" }
    }

    private fun turnedAndNothingLoaded() {
        val opened = phone.models.opened.size
        val open = phone.models.open
        story += "turned at rest"
        hand.screen.turn()
        hand.settle()
        check()
        check(phone.models.opened.size == opened && phone.models.open == open) { "a model is loaded by a rotation" }
    }

    private fun hideAndNothingHeld() {
        story += "hidden at rest"
        hide()
        hand.settle()
        check(phone.cameras.open.isEmpty()) { "a hidden screen holds the camera" }
        show()
        hand.settle()
    }

    private fun check() {
        check(phone.violations.isEmpty()) { phone.violations.joinToString() }
        check(phone.models.open in 0..1) { "${phone.models.open} models are open" }
        check(phone.cameras.open.size <= 1) { "${phone.cameras.open.size} cameras are open" }
    }

    private fun begin() {
        hand.create()
        if (phone.picking == null) hand.screen.start() else hand.screen.picked(null)
        isSeen = true
    }

    private fun show() {
        if (isSeen) return
        isSeen = true
        if (phone.picking == null) hand.screen.start() else hand.screen.picked(picked())
    }

    private fun hide() {
        if (!isSeen) return
        isSeen = false
        hand.screen.stop()
    }

    private fun picked(): Intent? =
        listOf(null, PHOTO, NO_PHOTO, ZIP, NO_ZIP, GONE).random(random)?.let { Intent().setData(Uri.parse(it)) }

    private fun possible(): List<Pair<String, () -> Unit>> = listOf(
        "turn" to { hand.screen.turn() },
        DEATH to ::die,
        "short memory" to { phone.application?.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE) ?: Unit },
        "time" to { phone.queue.post(Looper.getMainLooper(), this, {}, random.nextLong(LONG)) },
        if (isSeen) "hide" to ::hide else "show" to ::show,
        "frame" to { phone.cameras.current()?.shoot() ?: Unit },
        "frame" to { phone.cameras.current()?.shoot() ?: Unit },
        "touch" to ::touch,
        "touch" to ::touch,
        "choose" to ::choose,
        "mishap" to ::mishap,
        "answer" to ::answer,
    )

    private fun die() {
        phone.kill()
        phone.mayUseCamera = random.nextInt(4) > 0
        begin()
    }

    private fun touch() {
        if (!isSeen || phone.asked != null) return
        val button = BUTTONS.filter(hand::isShown).randomOrNull(random) ?: return
        hand.view<View>(button).performClick()
        if (phone.picking != null) hide()
        if (phone.dialog?.isShowing == true) phone.dialog.getButton(-1 - random.nextInt(2)).performClick()
    }

    private fun choose() {
        if (!isSeen || phone.asked != null) return
        val group: ViewGroup = hand.view(GROUPS.random(random))
        val buttons = List(group.childCount, group::getChildAt).filter { it.isEnabled }
        buttons.randomOrNull(random)?.performClick()
    }

    private fun answer() {
        if (phone.asked == null) return
        phone.showsRationale = random.nextBoolean()
        if (random.nextInt(4) == 0) hand.screen.brushAside() else hand.screen.answer(random.nextBoolean())
    }

    private fun mishap() {
        val cameras = phone.cameras
        when (random.nextInt(9)) {
            0 -> cameras.current()?.lose()
            1 -> cameras.current()?.fail(random.nextInt(1, 6))
            2 -> cameras.openFailure = CameraAccessException(random.nextInt(1, 6))
            3 -> cameras.openError = random.nextInt(1, 6)
            4 -> cameras.isConfigureFailing = true
            5 -> cameras.sessionFailure = CameraAccessException(random.nextInt(1, 6))
            6 -> phone.models.failure = "by chance"
            7 -> phone.models.refused[SmallBundle.FILES.random(random)] = "by chance"
            8 -> phone.models.refused.clear()
        }
    }

    private companion object {
        const val DEATH = "death"
        const val MOST_TURNS = 12
        const val LONG = 40_000L
        const val PHOTO = "content://photo"
        const val NO_PHOTO = "content://no-photo"
        const val ZIP = "content://zip"
        const val NO_ZIP = "content://no-zip"
        const val GONE = "content://gone"
        val PHOTO_BYTES = Hand.photo()
        val ZIP_BYTES = SmallBundle(files = SmallBundle.FILES.take(1)).zip(kotlin.io.path.createTempDirectory().toFile())
        val GROUPS = listOf(R.id.bundles, R.id.runtimes, R.id.precisions)
        val BUTTONS = listOf(
            R.id.allow_camera, R.id.try_again, R.id.use_camera, R.id.switch_camera, R.id.pick_photo,
            R.id.sample_photo, R.id.sheet_toggle, R.id.import_folder, R.id.import_zip, R.id.remove_bundle,
            R.id.licences,
        )
        val ENDLESS = setOf(
            "Looking for bundles…", "Changing the model…", "Starting the camera…", "Changing the camera…",
            "Reading the photo…", "Looking at the photo…",
        )
    }
}
