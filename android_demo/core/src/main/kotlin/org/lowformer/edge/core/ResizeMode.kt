package org.lowformer.edge.core

/**
 * How an image of any shape comes to the network's.
 *
 * @property id its name in a manifest.
 */
enum class ResizeMode(val id: String) {
    /** Keeps the image's shape, covers the network's size divided by the crop ratio and cuts out the centre. */
    CROP("crop"),

    /** Changes the image's shape. */
    SQUASH("squash"),

    /** Keeps the image's shape, and fills the rest with the padding. */
    LETTERBOX("letterbox"),
    ;

    companion object {
        /** @throws EdgeException there is no such mode. */
        fun of(id: String): ResizeMode = entries.find { it.id == id } ?: throw EdgeException(
            "resize_mode ${shown(id)} is unknown; choose one of ${entries.joinToString { it.id }}",
        )
    }
}
