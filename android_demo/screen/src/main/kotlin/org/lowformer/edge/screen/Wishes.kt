package org.lowformer.edge.screen

/**
 * What a person has chosen. It outlives the process, and may not be possible at the moment: a bundle may have
 * been removed, or may lack the precision. [ScreenState.chosenBundle] and its neighbours say what holds instead.
 *
 * @property bundle id of a bundle; null where nobody has chosen.
 * @property precision an [Offer.precision].
 */
data class Wishes(
    val bundle: String? = null,
    val runtime: RuntimeChoice? = null,
    val precision: String? = null,
    val source: Source = Source.CAMERA,
    val facing: Facing = Facing.BACK,
) {
    /** As texts, for keeping; [of] reads them. */
    fun toMap(): Map<String, String> = listOfNotNull(
        bundle?.let { BUNDLE to it },
        runtime?.let { RUNTIME to it.name },
        precision?.let { PRECISION to it },
        SOURCE to source.name,
        FACING to facing.name,
    ).toMap()

    companion object {
        private const val BUNDLE = "bundle"
        private const val RUNTIME = "runtime"
        private const val PRECISION = "precision"
        private const val SOURCE = "source"
        private const val FACING = "facing"

        /** The wishes that [toMap] wrote; what another version of the app wrote, unknown here, is left out. */
        fun of(texts: Map<String, *>): Wishes {
            val none = Wishes()
            return Wishes(
                texts[BUNDLE] as? String,
                RuntimeChoice.entries.find { it.name == texts[RUNTIME] },
                texts[PRECISION] as? String,
                Source.entries.find { it.name == texts[SOURCE] } ?: none.source,
                Facing.entries.find { it.name == texts[FACING] } ?: none.facing,
            )
        }
    }
}
