package org.lowformer.edge

import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.Image
import android.media.ImageReader
import android.view.Surface
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.core.YuvImage
import org.lowformer.edge.core.YuvPlane
import org.lowformer.edge.screen.CameraProblem
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.FrameSizes
import org.lowformer.edge.screen.ScreenEvent

/**
 * A camera from its opening to its end, on the camera's thread.
 *
 * @property offer takes each frame.
 * @property tell takes news: one that it is open, unless it fails before, and then exactly one that it is not.
 */
internal class CameraSession(
    private val manager: CameraManager,
    private val lens: Lens,
    sizes: FrameSizes,
    private val surface: Surface,
    private val offer: (read: () -> RgbImage) -> Unit,
    private val tell: (ScreenEvent) -> Unit,
) : CameraDevice.StateCallback() {
    private val analysed: FrameSize = sizes.analysed
    private val reader = ImageReader.newInstance(analysed.width, analysed.height, ImageFormat.YUV_420_888, IMAGES)
    private var device: CameraDevice? = null
    private var end: ScreenEvent? = null
    private var isOver = false

    /** Size of the pictures on the screen. */
    val shown: FrameSize = sizes.shown

    /** By how much frames are turned clockwise, in degrees. */
    @Volatile
    var rotation: Int = 0

    fun open() = WORKER.begin {
        reader.setOnImageAvailableListener({ takeFrame() }, WORKER.handler)
        try {
            manager.openCamera(lens.id, this, WORKER.handler)
        } catch (error: CameraAccessException) {
            fail(problemOf(error))
        } catch (_: SecurityException) {
            // The permission was withdrawn just now; the next start asks again.
            fail(CameraProblem.DISABLED)
        } catch (_: IllegalArgumentException) {
            // It was unplugged since it was found.
            fail(CameraProblem.DISCONNECTED)
        }
    }

    /** Ends it; one that has ended by itself says nothing more. */
    fun close() = WORKER.begin {
        if (end == null) {
            end = ScreenEvent.CameraClosed
            // One that is still being opened is closed when it is open.
            device?.close()
        }
    }

    override fun onOpened(camera: CameraDevice) {
        device = camera
        if (end != null) camera.close() else begin(camera)
    }

    override fun onClosed(camera: CameraDevice) = finish()

    override fun onDisconnected(camera: CameraDevice) {
        camera.close()
        fail(CameraProblem.DISCONNECTED)
    }

    override fun onError(camera: CameraDevice, error: Int) {
        camera.close()
        fail(
            when (error) {
                ERROR_CAMERA_IN_USE, ERROR_MAX_CAMERAS_IN_USE -> CameraProblem.IN_USE
                ERROR_CAMERA_DISABLED -> CameraProblem.DISABLED
                else -> CameraProblem.FAILED
            },
        )
    }

    // What replaces it is newer than the oldest Android here.
    @Suppress("DEPRECATION")
    private fun begin(camera: CameraDevice) = trying(camera) {
        camera.createCaptureSession(
            listOf(surface, reader.surface),
            object : CameraCaptureSession.StateCallback() {
                override fun onConfigured(session: CameraCaptureSession) = run(camera, session)

                override fun onConfigureFailed(session: CameraCaptureSession) {
                    camera.close()
                    fail(CameraProblem.FAILED)
                }
            },
            WORKER.handler,
        )
    }

    private fun run(camera: CameraDevice, session: CameraCaptureSession) {
        if (end != null) return
        trying(camera) {
            val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
            request.addTarget(surface)
            request.addTarget(reader.surface)
            if (lens.focuses) {
                request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
            }
            session.setRepeatingRequest(request.build(), null, WORKER.handler)
            tell(ScreenEvent.CameraOpened)
        }
    }

    private fun trying(camera: CameraDevice, action: () -> Unit) = try {
        action()
    } catch (error: CameraAccessException) {
        camera.close()
        fail(problemOf(error))
    } catch (_: IllegalStateException) {
        // It was lost in between.
        camera.close()
        fail(CameraProblem.DISCONNECTED)
    } catch (_: IllegalArgumentException) {
        // The view's surface is gone, or the camera does not do both sizes at once.
        camera.close()
        fail(CameraProblem.FAILED)
    }

    /** A frame that nobody takes is dropped at once: held frames would stop the camera. */
    private fun takeFrame() {
        if (isOver) return
        reader.acquireLatestImage()?.use { image -> if (end == null) offer { upright(image) } }
    }

    private fun upright(image: Image): RgbImage {
        val (luma, blue, red) = image.planes.map { YuvPlane(it.buffer, it.rowStride, it.pixelStride) }
        return YuvImage(image.width, image.height, luma, blue, red).toRgb().turned(rotation)
    }

    private fun problemOf(error: CameraAccessException): CameraProblem = when (error.reason) {
        CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE -> CameraProblem.IN_USE
        CameraAccessException.CAMERA_DISABLED -> CameraProblem.DISABLED
        CameraAccessException.CAMERA_DISCONNECTED -> CameraProblem.DISCONNECTED
        else -> CameraProblem.FAILED
    }

    private fun fail(problem: CameraProblem) {
        end = end ?: ScreenEvent.CameraFailed(problem)
        finish()
    }

    /** Android says at most that it was closed, and not always; whatever comes first counts. */
    private fun finish() {
        if (isOver) return
        isOver = true
        reader.close()
        surface.release()
        tell(end ?: ScreenEvent.CameraFailed(CameraProblem.FAILED))
    }

    private companion object {
        /** One that is read, and one that comes meanwhile. */
        const val IMAGES = 2

        /** Of all cameras: one is closed before the next is opened. */
        val WORKER = Worker("camera")
    }
}
