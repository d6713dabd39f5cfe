package org.lowformer.edge.core

/**
 * Where a letterboxed image leaves room.
 *
 * @property id its name in a manifest.
 */
enum class PaddingPlace(val id: String) {
    BOTTOM_RIGHT("bottom-right"),
    AROUND("around"),
    ;

    companion object {
        /** @throws EdgeException there is no such place. */
        fun of(id: String): PaddingPlace = entries.find { it.id == id } ?: throw EdgeException(
            "padding_place ${shown(id)} is unknown; choose one of ${entries.joinToString { it.id }}",
        )
    }
}
