package org.lowformer.edge.screen

/** What is in the place of the picture. */
enum class Preview {
    NOTHING,
    CAMERA,
    PHOTO,
}

/** A class with its probability, an object with its score or a class with its share of an image, in [0, 1]. */
data class ScoreRow(val name: Wording, val probability: Float)

/**
 * One of several things to choose from.
 *
 * @property why why it cannot be chosen; null where it can.
 */
data class Option(val id: String, val title: Wording, val why: Wording?, val isChosen: Boolean)

/**
 * All that the demo screen shows.
 *
 * @property status what goes on, or what is wrong.
 * @property isProblem whether [status] is a problem.
 * @property isBusy whether something is waited for.
 * @property keepsAwake whether it is watched, and not touched.
 * @property notices further lines.
 * @property overlay what is drawn over the picture; null where nothing is.
 * @property isWhole whether the picture is seen as a whole, and not as much of it as fills its place.
 * @property isMirrored whether left and right are exchanged in the picture.
 * @property description of the picture, for those who do not see it; null where there is none.
 * @property scores the best classes, the best objects or the largest regions, best first; empty while there are none.
 * @property best the first of them in a few words, or that nothing was found; null while nobody looked.
 * @property runtime what computes; null while nothing does.
 * @property latency medians; null until there are some.
 * @property rate the camera's frames that are looked at in a second; null until two were.
 * @property isSheetOpen whether choices and buttons are shown; they are where something is wrong.
 */
data class ScreenView(
    val status: Wording.Known,
    val isProblem: Boolean,
    val isBusy: Boolean,
    val keepsAwake: Boolean,
    val notices: List<Wording>,
    val preview: Preview,
    val overlay: Overlay?,
    val isWhole: Boolean,
    val isMirrored: Boolean,
    val description: Wording?,
    val scores: List<ScoreRow>,
    val best: Wording?,
    val runtime: Wording?,
    val latency: Wording?,
    val rate: Wording?,
    val isSheetOpen: Boolean,
    val bundles: List<Option>,
    val runtimes: List<Option>,
    val precisions: List<Option>,
    val actions: Set<Action>,
)
