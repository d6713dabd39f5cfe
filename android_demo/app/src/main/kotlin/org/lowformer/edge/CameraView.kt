package org.lowformer.edge

import android.content.Context
import android.graphics.Matrix
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraManager
import android.view.Surface
import android.view.TextureView
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.screen.CameraProblem
import org.lowformer.edge.screen.Facing
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.PreviewTransform
import org.lowformer.edge.screen.ScreenEvent
import org.lowformer.edge.screen.frameRotation

/**
 * Shows a camera in a view, and hands over its frames. For the main thread.
 *
 * @property offer takes each frame, on the camera's thread.
 * @property tell takes news: one that it is open, and then exactly one that it is not any more.
 */
internal class CameraView(
    context: Context,
    private val view: TextureView,
    private val offer: (read: () -> RgbImage) -> Unit,
    private val tell: (ScreenEvent) -> Unit,
) : TextureView.SurfaceTextureListener {
    private val manager = checkNotNull(context.getSystemService(CameraManager::class.java))
    private var lenses: List<Lens> = emptyList()
    private var wanted: Wanted? = null
    private var session: CameraSession? = null

    /** Which cameras there are now; some can be plugged in. */
    fun facings(): List<Facing> {
        lenses = lenses()
        return Facing.entries.filter { facing -> lenses.any { it.facing == facing } }
    }

    init {
        view.surfaceTextureListener = this
    }

    /** Whether all of a picture is shown, and not as much of it as fills the view. */
    var isWhole: Boolean = false
        set(value) {
            if (field == value) return
            field = value
            // Beside a whole picture the background is seen.
            view.isOpaque = !value
            turn()
        }

    /** @param needed short side from which preprocessing need not enlarge frames, in pixels. */
    fun open(facing: Facing, needed: Int) {
        val lens = lenses.firstOrNull { it.facing == facing }
        if (lens == null) {
            tell(ScreenEvent.CameraFailed(CameraProblem.FAILED))
            return
        }
        wanted = Wanted(lens, needed)
        // The one before has ended, perhaps by itself.
        session = null
        view.surfaceTexture?.let(::start)
    }

    fun close() {
        val isWaiting = wanted != null && session == null
        wanted = null
        session?.close()
        session = null
        // One that never got a surface has nobody else to say so.
        if (isWaiting) tell(ScreenEvent.CameraClosed)
    }

    /** Turns the picture to how the device is held; frames likewise. */
    fun turn() {
        val lens = wanted?.lens ?: return
        val session = session ?: return
        val degrees = displayDegrees()
        session.rotation = frameRotation(lens.sensor, degrees, lens.facing)
        if (view.width == 0 || view.height == 0) return
        val size = FrameSize(view.width, view.height)
        val transform = PreviewTransform.of(size, session.shown, lens.sensor, degrees, isWhole)
        val (x, y) = view.width / 2f to view.height / 2f
        val matrix = Matrix()
        matrix.setScale(transform.scaleX, transform.scaleY, x, y)
        matrix.postRotate(transform.rotation, x, y)
        view.setTransform(matrix)
    }

    override fun onSurfaceTextureAvailable(surface: SurfaceTexture, width: Int, height: Int) = start(surface)

    override fun onSurfaceTextureSizeChanged(surface: SurfaceTexture, width: Int, height: Int) = turn()

    override fun onSurfaceTextureDestroyed(surface: SurfaceTexture): Boolean = true

    override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit

    private fun start(surface: SurfaceTexture) {
        val (lens, needed) = wanted ?: return
        if (session != null) return
        val sizes = lens.sizes(needed)
        if (sizes == null) {
            wanted = null
            tell(ScreenEvent.CameraFailed(CameraProblem.FAILED))
            return
        }
        surface.setDefaultBufferSize(sizes.shown.width, sizes.shown.height)
        session = CameraSession(manager, lens, sizes, Surface(surface), offer, tell).apply { open() }
        turn()
    }

    private fun displayDegrees(): Int = when (view.display?.rotation) {
        Surface.ROTATION_90 -> 90
        Surface.ROTATION_180 -> 180
        Surface.ROTATION_270 -> 270
        else -> 0
    }

    private fun lenses(): List<Lens> = try {
        manager.cameraIdList.mapNotNull(::lens)
    } catch (_: CameraAccessException) {
        // There may be one: opening it will tell what is wrong.
        listOf(Lens(UNKNOWN, null))
    }

    /** @return null where it has been unplugged since it was listed. */
    private fun lens(id: String): Lens? = try {
        Lens(id, manager.getCameraCharacteristics(id))
    } catch (_: IllegalArgumentException) {
        null
    }

    private data class Wanted(val lens: Lens, val needed: Int)

    private companion object {
        const val UNKNOWN = "0"
    }
}
