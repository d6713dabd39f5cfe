package org.lowformer.edge

import android.content.Context
import android.graphics.Bitmap
import android.net.Uri
import android.os.Handler
import android.os.Looper
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.Preprocessing
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.runtime.Runtimes
import org.lowformer.edge.screen.BundleState
import org.lowformer.edge.screen.Effect
import org.lowformer.edge.screen.Facing
import org.lowformer.edge.screen.Failure
import org.lowformer.edge.screen.ModelKey
import org.lowformer.edge.screen.PhotoState
import org.lowformer.edge.screen.RuntimeChoice
import org.lowformer.edge.screen.ScreenEvent
import org.lowformer.edge.screen.ScreenState
import org.lowformer.edge.screen.ScreenView
import org.lowformer.edge.screen.after
import org.lowformer.edge.screen.view

/** The activity, as far as [Demo] needs it. */
internal interface DemoScreen {
    /**
     * @param photo the picked photo; null where there is none.
     * @param preprocessing of the bundle; null where none was opened.
     */
    fun show(view: ScreenView, photo: Bitmap?, preprocessing: Preprocessing?)

    fun askPermission()

    /** @param needed short side from which preprocessing need not enlarge frames, in pixels. */
    fun openCamera(facing: Facing, needed: Int)

    fun closeCamera()
}

/**
 * Does what the screen's state asks for, and tells it what comes of that. It outlives activities, so that a rotated
 * screen goes on where it was, and its threads, so that a runner is closed before the next one is opened.
 *
 * All but [offer] is for the main thread.
 */
internal class Demo(context: Context, private val runtimes: Runtimes) {
    private val main = Handler(Looper.getMainLooper())
    private val files = Worker("files")
    private val inference = Inference(runtimes, ::tell)
    private val wishes = WishStore(context)
    private val bundles = BundleStore(context)
    private val photos = PhotoStore(context)

    private var state = ScreenState(RuntimeChoice.entries.filterNot(::isBuiltIn).toSet(), wishes.read())
    private var screen: DemoScreen? = null
    private var opened: OpenBundle? = null
    private var photo: Photo? = null
    private var isDue = false
    private var samples = -1
    private val releasing = Runnable(::release)

    /** Shows everything on a screen from now on. */
    fun attach(screen: DemoScreen) {
        main.removeCallbacks(releasing)
        this.screen = screen
        show()
    }

    /**
     * Shows nothing any more on a screen, if it is still the one.
     *
     * @param isComingBack whether another screen, or what a picker answers, follows for certain.
     */
    fun detach(screen: DemoScreen, isComingBack: Boolean) {
        if (this.screen !== screen) return
        this.screen = null
        if (!isComingBack) main.postDelayed(releasing, PATIENCE_MS)
    }

    /** Gives up what only waits for somebody to come back. */
    fun release() = send(ScreenEvent.Released)

    /**
     * Opens a bundle for somebody else.
     *
     * @param take gets it, on the thread of files.
     * @param refuse gets why it cannot be had, on that thread.
     */
    fun lend(id: String, take: (Bundle) -> Unit, refuse: (Failure) -> Unit) = files.begin {
        failing(refuse) { take(bundles.open(id).bundle) }
    }

    /** Shows the next of the app's own photos. */
    fun showSample() {
        samples++
        send(ScreenEvent.PhotoPicked("${PhotoStore.SAMPLE}$samples"))
    }

    fun send(event: ScreenEvent) {
        val step = state.after(event)
        state = step.state
        step.effects.forEach(::begin)
        if (event is ScreenEvent.Classified) showSoon() else show()
    }

    /** Takes news, from any thread. */
    fun tell(event: ScreenEvent) {
        main.post { send(event) }
    }

    /** Takes a camera's frame, on the camera's thread; it may be dropped. */
    fun offer(read: () -> RgbImage) = inference.offer(read)

    /** Nobody can read thirty scores a second. */
    private fun showSoon() {
        if (isDue) return
        isDue = true
        main.postDelayed(::show, LEAST_BETWEEN_SCORES_MS)
    }

    private fun show() {
        isDue = false
        screen?.show(state.view, photo?.shown, opened?.manifest?.preprocessing)
    }

    private fun isBuiltIn(choice: RuntimeChoice): Boolean {
        val accelerators: List<Accelerator> = runtimes.accelerators(choice.format)
        return choice.accelerator in accelerators
    }

    private fun begin(effect: Effect) {
        when (effect) {
            is Effect.KeepWishes -> wishes.keep(effect.wishes)
            is Effect.ListBundles -> files.begin { tell(ScreenEvent.BundlesListed(bundles.list())) }
            is Effect.OpenBundle -> files.begin { openBundle(effect.id) }
            is Effect.ImportBundle -> files.begin { import(Uri.parse(effect.uri), effect.folder) }
            is Effect.RemoveBundle -> files.begin {
                bundles.remove(effect.id)
                tell(ScreenEvent.BundlesListed(bundles.list()))
            }
            is Effect.OpenRunner -> openRunner(effect.key)
            is Effect.CloseRunner -> inference.close()
            is Effect.AskPermission -> screen?.askPermission()
            is Effect.OpenCamera -> screen?.openCamera(effect.facing, opened?.manifest?.preprocessing?.resize?.longest ?: 0)
            is Effect.CloseCamera -> screen?.closeCamera()
            is Effect.ReadPhoto -> {
                photo = null
                files.begin { readPhoto(effect.number, effect.uri) }
            }
            is Effect.ClassifyPhoto -> photo?.let { inference.classify(effect.key, effect.number, it.image) }
        }
    }

    private fun openBundle(id: String) {
        val bundle = failing({
            tell(ScreenEvent.BundleFailed(id, it))
            null
        }) { bundles.open(id) } ?: return
        main.post {
            // It may have taken so long that another one is wanted.
            if (state.bundle == BundleState.Opening(id)) opened = bundle
            send(ScreenEvent.BundleOpened(id, bundle.content))
        }
    }

    private fun openRunner(key: ModelKey) {
        val bundle = checkNotNull(opened?.takeIf { it.id == key.bundle }) { "${key.bundle} is not open" }
        inference.open(key, bundle.manifest, bundle.model(key.path).file)
    }

    private fun import(uri: Uri, isFolder: Boolean) = tell(
        failing({ ScreenEvent.ImportFailed(it) }) {
            val id = bundles.import(uri, isFolder)
            ScreenEvent.Imported(id, bundles.list())
        },
    )

    private fun readPhoto(number: Int, uri: String?) {
        val read = failing({
            tell(ScreenEvent.PhotoFailed(number, it))
            null
        }) {
            if (uri != null) photos.keep(Uri.parse(uri))
            if (!photos.isThere) {
                tell(ScreenEvent.PhotoMissing(number))
                null
            } else {
                photos.read()
            }
        } ?: return
        main.post {
            if (state.photo == PhotoState.Reading(number)) photo = read
            send(ScreenEvent.PhotoRead(number, read.reduction))
        }
    }

    private companion object {
        const val LEAST_BETWEEN_SCORES_MS = 100L

        /** For how long a model stays open that nobody looks at. */
        const val PATIENCE_MS = 30_000L
    }
}
