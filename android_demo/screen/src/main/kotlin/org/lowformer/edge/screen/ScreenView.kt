package org.lowformer.edge.screen

/** What is in the place of the picture. */
enum class Preview {
    NOTHING,
    CAMERA,
    PHOTO,
}

/** A class with its probability in [0, 1]. */
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
 * @property description of the picture, for those who do not see it; null where there is none.
 * @property scores the best classes, best first; empty while there are none.
 * @property runtime what computes; null while nothing does.
 * @property latency medians; null until there are scores.
 */
data class ScreenView(
    val status: Wording.Known,
    val isProblem: Boolean,
    val isBusy: Boolean,
    val keepsAwake: Boolean,
    val notices: List<Wording>,
    val preview: Preview,
    val description: Wording?,
    val scores: List<ScoreRow>,
    val runtime: Wording?,
    val latency: Wording?,
    val bundles: List<Option>,
    val runtimes: List<Option>,
    val precisions: List<Option>,
    val actions: Set<Action>,
) {
    /** The best class in a few words; null while there is none. */
    val best: Wording?
        get() = scores.firstOrNull()?.let { Message.BEST_CLASS.with(it.name, (it.probability * PERCENT).toDouble()) }

    private companion object {
        const val PERCENT = 100
    }
}
