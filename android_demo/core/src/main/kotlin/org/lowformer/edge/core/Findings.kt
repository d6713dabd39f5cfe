package org.lowformer.edge.core

/** What a model sees in an image. */
sealed interface Findings {
    /** @property scores of the likeliest classes, the best first. */
    data class Classes(val scores: List<Score>) : Findings

    /**
     * @property image the size in whose pixels the boxes are.
     * @property objects the best first; perhaps none.
     */
    data class Objects(val image: Size, val objects: List<Detection>) : Findings

    /**
     * @property map the class of each pixel of the image, which may have been made smaller.
     * @property regions the classes that occur, from the largest.
     */
    data class Labels(val map: LabelMap, val regions: List<Region>) : Findings
}
