package org.lowformer.edge.core

/** Height and width of an image in pixels, in the order of Python and of manifests. */
data class Size(val height: Int, val width: Int) {
    /** The longer side, or both. */
    val longest: Int get() = maxOf(height, width)

    /** As people read it, height x width. */
    override fun toString(): String = "$height x $width"
}
