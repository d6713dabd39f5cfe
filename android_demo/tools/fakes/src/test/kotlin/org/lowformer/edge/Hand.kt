package org.lowformer.edge

import android.app.Screen
import android.content.Intent
import android.net.Uri
import android.view.View
import android.view.ViewGroup
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.TextView
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.File
import javax.imageio.ImageIO
import kotlin.io.path.createTempDirectory
import org.lowformer.edge.fakes.Phone

/** A phone with the app on it, and whoever holds it. */
internal class Hand(disk: File, seed: Long? = null, assets: File = ASSETS) {
    val phone: Phone = Phone.start(disk, seed)
    lateinit var screen: Screen
        private set

    init {
        phone.assets = assets
        phone.mayUseCamera = true
        phone.cameras.plug("0", BACK, 90)
        phone.cameras.plug("1", FRONT, 270)
    }

    val activity: MainActivity get() = screen.activity as MainActivity

    /** What the status says. */
    val status: String get() = text(R.id.status)

    /** Opens the app, in a new process if there is none. */
    fun open(intent: Intent = Intent()): Hand {
        create(intent)
        screen.start()
        return this
    }

    fun create(intent: Intent = Intent()) {
        if (phone.application == null) phone.application = DemoApplication().apply { onCreate() }
        screen = Screen({ MainActivity() }, intent)
    }

    /** Opens the app, and waits until it does nothing more by itself. */
    fun opened(): Hand = open().also { it.settle() }

    /** Opens the app, and waits until a frame of the camera was classified. */
    fun live(): Hand = opened().also { it.shoot() }

    /** Waits for all that has begun; scores are shown a moment after they are there. */
    fun settle() = phone.queue.pass(SOON)

    /** The camera takes a picture, which is classified and, after a while, shown. */
    fun shoot() {
        checkNotNull(phone.cameras.current()) { status }.shoot()
        settle()
    }

    fun <T : View> view(id: Int): T = activity.window.decorView.part(id)

    fun text(id: Int): String = view<TextView>(id).text.toString()

    fun isShown(id: Int): Boolean = view<View>(id).visibility == View.VISIBLE

    fun press(id: Int) {
        check(isShown(id)) { "nobody can press what is not there: $status" }
        view<View>(id).performClick()
        settle()
    }

    /** Texts of choices. */
    fun choices(id: Int): List<String> = buttons(id).map { it.text.toString() }

    fun chosen(id: Int): String? =
        buttons(id).find { it.id == view<RadioGroup>(id).checkedRadioButtonId }?.text?.toString()

    fun choose(id: Int, text: String) {
        val button = buttons(id).single { text in it.text }
        check(button.isEnabled) { "${button.text} cannot be chosen" }
        button.performClick()
        settle()
    }

    private fun buttons(id: Int): List<RadioButton> {
        val group: ViewGroup = view(id)
        return List(group.childCount) { group.getChildAt(it) as RadioButton }
    }

    /** Presses a button that opens a picker, and picks something there. */
    fun pick(id: Int, uri: String?) {
        press(id)
        screen.stop()
        screen.picked(uri?.let { Intent().setData(Uri.parse(it)) })
        settle()
    }

    companion object {
        const val BACK = 1
        const val FRONT = 0
        const val SOON = 200L

        /** Of an app with two bundles. */
        val ASSETS: File by lazy { assets("demo" to SmallBundle(), "other" to SmallBundle(files = listOf(FLOAT))) }
        private const val FLOAT = "small-fp32.tflite"

        /** Of an app with bundles in it, by their name. */
        fun assets(vararg bundles: Pair<String, SmallBundle>): File {
            val folder = createTempDirectory("assets").toFile()
            for ((name, bundle) in bundles) bundle.write(File(folder, "bundles/$name"))
            File(Phone.resources().parentFile, "assets/notices.txt").copyTo(File(folder, "notices.txt"))
            return folder
        }

        /** A photo of one colour. */
        fun photo(width: Int = 12, height: Int = 8, paint: BufferedImage.() -> Unit = {}): ByteArray {
            val image = BufferedImage(width, height, BufferedImage.TYPE_INT_RGB).apply(paint)
            return ByteArrayOutputStream().also { ImageIO.write(image, "png", it) }.toByteArray()
        }
    }
}
