package org.lowformer.edge.screen

import org.lowformer.edge.core.Detection
import org.lowformer.edge.core.Findings
import org.lowformer.edge.core.LabelMap
import org.lowformer.edge.core.colourOf

/** What is drawn over the picture, in pixels of the [image] that the model was given. */
sealed interface Overlay {
    val image: FrameSize

    /** @property boxes in the order in which they are drawn: the best last, so that they can be read. */
    data class Boxes(override val image: FrameSize, val boxes: List<BoxMark>) : Overlay

    /**
     * @property map the class of each pixel.
     * @property palette the colour of each class, 0xAARRGGBB.
     * @property legend the classes that are painted, from the largest.
     */
    data class Mask(val map: LabelMap, val palette: List<Int>, val legend: List<Caption>) : Overlay {
        override val image: FrameSize get() = FrameSize(map.size.width, map.size.height)

        /** The colour of each pixel, row by row. */
        fun paint(): IntArray {
            val colours = palette.toIntArray()
            return IntArray(map.labels.size) { colours[map.at(it)] }
        }
    }
}

/** A text on a ground of a colour, 0xRRGGBB. */
data class Caption(val text: Wording, val colour: Int)

/** An object's box, with its name and score. */
data class BoxMark(val box: Bounds, val caption: Caption)

/** What of the findings is drawn. */
internal fun overlayOf(findings: Findings, nameOf: (Int) -> Wording, labels: List<String>?): Overlay? =
    when (findings) {
        is Findings.Classes -> null
        is Findings.Objects -> Overlay.Boxes(
            FrameSize(findings.image.width, findings.image.height),
            findings.shown.asReversed().map { markOf(it, nameOf) },
        )
        is Findings.Labels -> maskOf(findings, nameOf, labels)
    }

private fun markOf(found: Detection, nameOf: (Int) -> Wording): BoxMark {
    val text = Message.FOUND_OBJECT.with(nameOf(found.index), found.score.toDouble())
    return BoxMark(Bounds(found.left, found.top, found.right, found.bottom), Caption(text, colourOf(found.index)))
}

private fun maskOf(findings: Findings.Labels, nameOf: (Int) -> Wording, labels: List<String>?): Overlay.Mask {
    fun isPainted(index: Int) =
        index != LabelMap.UNSEEN && !labels?.getOrNull(index).equals(UNPAINTED, ignoreCase = true)
    val palette = List(LabelMap.UNSEEN + 1) { if (isPainted(it)) OPACITY or colourOf(it) else 0 }
    val legend = findings.regions.filter { isPainted(it.index) && it.share >= LEAST_SHARE }.map {
        Caption(Message.FOUND_REGION.with(nameOf(it.index), it.share * PERCENT), colourOf(it.index))
    }
    return Overlay.Mask(findings.map, palette, legend)
}

/** A class that is no thing of its own, as VOC and many others call it. */
private const val UNPAINTED = "background"

/** Of a class in the legend; what is less would be 0.0 % there. */
private const val LEAST_SHARE = 0.0005
private const val PERCENT = 100

/** 0.55 of a colour. */
private const val OPACITY = 140 shl 24
