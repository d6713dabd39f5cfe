package org.lowformer.edge

import android.graphics.Bitmap
import android.os.SystemClock
import android.view.LayoutInflater
import android.view.TextureView
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.ImageView
import android.widget.ProgressBar
import android.widget.TextView
import kotlin.math.roundToInt
import org.lowformer.edge.screen.Action
import org.lowformer.edge.screen.Announcer
import org.lowformer.edge.screen.Preview
import org.lowformer.edge.screen.RuntimeChoice
import org.lowformer.edge.screen.ScoreRow
import org.lowformer.edge.screen.ScreenEvent
import org.lowformer.edge.screen.ScreenView

/**
 * The views of the demo screen.
 *
 * @property root holds them all.
 * @property send takes choices.
 * @property onAction does what a button says.
 */
internal class MainViews(
    private val root: View,
    private val send: (ScreenEvent) -> Unit,
    private val onAction: (Action) -> Unit,
) {
    val picture: PictureFrame = root.part(R.id.picture)
    val camera: TextureView = root.part(R.id.camera_preview)
    private val resources = root.resources
    private val photo: ImageView = root.part(R.id.photo)
    private val overlay: OverlayView = root.part(R.id.overlay)
    private val busy: ProgressBar = root.part(R.id.busy)
    private val status: TextView = root.part(R.id.status)
    private val notices: TextView = root.part(R.id.notices)
    private val best: TextView = root.part(R.id.best)
    private val scores: ViewGroup = root.part(R.id.scores)
    private val latency: TextView = root.part(R.id.latency)
    private val rate: TextView = root.part(R.id.rate)
    private val sheet: View = root.part(R.id.sheet)
    private val sheetToggle: Button = root.part(R.id.sheet_toggle)
    private val runtimeInUse: TextView = root.part(R.id.runtime_in_use)
    private val plainColor = status.currentTextColor
    private var shownPhoto: Bitmap? = null
    private val announcer = Announcer(LEAST_BETWEEN_ANNOUNCEMENTS_MS)

    private val bundles = OptionList(root.part(R.id.bundles), root.part(R.id.bundles_heading)) {
        send(ScreenEvent.BundleWished(it))
    }
    private val runtimes = OptionList(root.part(R.id.runtimes), root.part(R.id.runtimes_heading)) {
        send(ScreenEvent.RuntimeWished(RuntimeChoice.valueOf(it)))
    }
    private val precisions = OptionList(root.part(R.id.precisions), root.part(R.id.precisions_heading)) {
        send(ScreenEvent.PrecisionWished(it))
    }
    private val buttons: Map<Action, Button> = Action.entries.associateWith { action ->
        val button: Button = root.part(idOf(action))
        button.setOnClickListener { onAction(action) }
        button
    }

    init {
        sheetToggle.setOnClickListener { send(ScreenEvent.SheetToggled) }
    }

    fun show(view: ScreenView, picked: Bitmap?) {
        status.say(resources.text(view.status))
        status.setTextColor(if (view.isProblem) root.context.getColor(R.color.problem) else plainColor)
        notices.say(view.notices.joinToString("\n", transform = resources::text))
        busy.setShown(view.isBusy)
        root.keepScreenOn = view.keepsAwake
        // A view that is gone has no surface for the camera.
        camera.alpha = if (view.preview == Preview.CAMERA) 1f else 0f
        camera.setRead(view.preview == Preview.CAMERA)
        showPhoto(picked.takeIf { view.preview == Preview.PHOTO })
        overlay.show(view)
        showScores(view)
        latency.say(view.latency?.let(resources::text).orEmpty())
        rate.say(view.rate?.let(resources::text).orEmpty())
        sheet.setShown(view.isSheetOpen)
        sheetToggle.say(resources.getString(if (view.isSheetOpen) R.string.hide_choices else R.string.show_choices))
        // Where something is wrong, what helps stays.
        sheetToggle.setShown(!view.isProblem)
        runtimeInUse.say(view.runtime?.let(resources::text).orEmpty())
        bundles.show(view.bundles)
        runtimes.show(view.runtimes)
        precisions.show(view.precisions)
        for ((action, button) in buttons) button.setShown(action in view.actions)
    }

    private fun showPhoto(picked: Bitmap?) {
        photo.setShown(picked != null)
        if (picked !== shownPhoto) photo.setImageBitmap(picked)
        shownPhoto = picked
    }

    private fun showScores(view: ScreenView) {
        while (scores.childCount < view.scores.size) {
            LayoutInflater.from(root.context).inflate(R.layout.score, scores, true)
        }
        for (index in 0 until scores.childCount) {
            val row = scores.getChildAt(index)
            val score = view.scores.getOrNull(index)
            row.setShown(score != null)
            if (score != null) showScore(row, score)
        }
        showBest(view)
    }

    private fun showBest(view: ScreenView) {
        val words = view.best
        if (words == null) announcer.forget()
        val subject = view.scores.firstOrNull()?.name ?: words
        if (words == null || announcer.isDue(subject, SystemClock.elapsedRealtime())) {
            best.say(words?.let(resources::text).orEmpty())
        }
    }

    private fun showScore(row: View, score: ScoreRow) {
        row.part<TextView>(R.id.score_name).say(resources.text(score.name))
        val percent = (score.probability * PERCENT).toDouble()
        row.part<TextView>(R.id.score_probability).say(resources.getString(R.string.probability, percent))
        val bar: ProgressBar = row.part(R.id.score_bar)
        bar.progress = (score.probability * bar.max).roundToInt()
    }

    private fun idOf(action: Action): Int = when (action) {
        Action.ALLOW_CAMERA -> R.id.allow_camera
        Action.OPEN_SETTINGS -> R.id.open_settings
        Action.TRY_AGAIN -> R.id.try_again
        Action.USE_CAMERA -> R.id.use_camera
        Action.SWITCH_CAMERA -> R.id.switch_camera
        Action.PICK_PHOTO -> R.id.pick_photo
        Action.SAMPLE_PHOTO -> R.id.sample_photo
        Action.IMPORT_FOLDER -> R.id.import_folder
        Action.IMPORT_ZIP -> R.id.import_zip
        Action.REMOVE_BUNDLE -> R.id.remove_bundle
        Action.BENCHMARK -> R.id.benchmark
    }

    private companion object {
        const val PERCENT = 100
        const val LEAST_BETWEEN_ANNOUNCEMENTS_MS = 3000L

        fun View.setShown(isShown: Boolean) {
            val wanted = if (isShown) View.VISIBLE else View.GONE
            if (visibility != wanted) visibility = wanted
        }

        fun View.setRead(isRead: Boolean) {
            importantForAccessibility =
                if (isRead) View.IMPORTANT_FOR_ACCESSIBILITY_YES else View.IMPORTANT_FOR_ACCESSIBILITY_NO
        }

        /** Text that stays the same is not set again, since screen readers would say it again. */
        fun TextView.say(words: String) {
            if (text.toString() != words) text = words
            setShown(words.isNotEmpty())
        }
    }
}
