package org.lowformer.edge.screen

import org.lowformer.edge.core.Findings

/** What happens to the screen: a person's wish, or news of something that an [Effect] began. */
sealed interface ScreenEvent {
    /** The screen is visible. */
    data class Started(val cameraAllowed: Boolean, val facings: List<Facing>) : ScreenEvent

    data object Stopped : ScreenEvent

    /** The screen has been out of sight for long, or memory is short; it may be visible again by now. */
    data object Released : ScreenEvent

    data class BundlesListed(val entries: List<BundleEntry>) : ScreenEvent

    data class BundleOpened(val id: String, val content: BundleContent) : ScreenEvent

    data class BundleFailed(val id: String, val failure: Failure) : ScreenEvent

    data class BundleWished(val id: String) : ScreenEvent

    data class RuntimeWished(val runtime: RuntimeChoice) : ScreenEvent

    data class PrecisionWished(val precision: String) : ScreenEvent

    data object CameraWished : ScreenEvent

    data object CameraSwitched : ScreenEvent

    /** @property uri where Android's picker says the photo is. */
    data class PhotoPicked(val uri: String) : ScreenEvent

    data class PhotoRead(val number: Int, val reduction: Int) : ScreenEvent

    /** There is no photo from before. */
    data class PhotoMissing(val number: Int) : ScreenEvent

    data class PhotoFailed(val number: Int, val failure: Failure) : ScreenEvent

    data object PermissionWished : ScreenEvent

    data class PermissionAnswered(val allowed: Boolean, val mayAskAgain: Boolean) : ScreenEvent

    data object CameraOpened : ScreenEvent

    /** It could not be opened, or was lost; it is closed. */
    data class CameraFailed(val problem: CameraProblem) : ScreenEvent

    data object CameraClosed : ScreenEvent

    /** @property firstMs what its first run took, which is slower than the others. */
    data class RunnerOpened(val key: ModelKey, val runtime: String, val threads: Int?, val firstMs: Double) :
        ScreenEvent

    data class RunnerFailed(val key: ModelKey, val failure: Failure) : ScreenEvent

    data object RunnerClosed : ScreenEvent

    /**
     * A model looked at an image.
     *
     * @property photo its number; null for a camera's.
     * @property findings what it sees there.
     * @property doneMs when it was done, by a clock that never goes back.
     */
    data class Classified(
        val key: ModelKey,
        val photo: Int?,
        val findings: Findings,
        val preprocessingMs: Double,
        val modelMs: Double,
        val doneMs: Double,
    ) : ScreenEvent

    /** Choices are shown in place of a part of the picture, or no longer. */
    data object SheetToggled : ScreenEvent

    /** The runner, which is still open, failed on an image. */
    data class RunFailed(val key: ModelKey, val failure: Failure) : ScreenEvent

    data object TryAgain : ScreenEvent

    /** @property folder whether [uri] is a folder, not a zip. */
    data class ImportWished(val uri: String, val folder: Boolean) : ScreenEvent

    data class Imported(val id: String, val entries: List<BundleEntry>) : ScreenEvent

    data class ImportFailed(val failure: Failure) : ScreenEvent

    data class RemovalWished(val id: String) : ScreenEvent
}
