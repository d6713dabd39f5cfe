package org.lowformer.edge.core

/**
 * Non-maximum suppression: leaves out boxes that overlap no better one of their class too far.
 *
 * The arithmetic is that of Python's `tasks/overlap.py`, in float32.
 *
 * @param boxes corners x1, y1, x2, y2, one box after the other, the best first.
 * @param classes of each box.
 * @param count of the boxes.
 * @param mostIou what two boxes of one class may have.
 * @param most how many are kept at most.
 * @return places of those that are kept, ascending; boxes without an area are not.
 */
internal fun suppress(boxes: FloatArray, classes: IntArray, count: Int, mostIou: Float, most: Int): IntArray {
    val kept = IntArray(minOf(count, most))
    var found = 0
    for (place in 0 until count) {
        if (found == most) break
        if (!isSolid(boxes, place)) continue
        var isFree = true
        for (index in 0 until found) {
            val other = kept[index]
            if (classes[other] == classes[place] && iou(boxes, place, other) > mostIou) {
                isFree = false
                break
            }
        }
        if (isFree) kept[found++] = place
    }
    return kept.copyOf(found)
}

private fun isSolid(boxes: FloatArray, place: Int): Boolean {
    val at = place * Anchors.BOX_SIDES
    return boxes[at + 2] > boxes[at] && boxes[at + 3] > boxes[at + 1]
}

/** Intersection over union; 0 where both are empty. */
private fun iou(boxes: FloatArray, one: Int, other: Int): Float {
    val shared = common(boxes, one, other, 0) * common(boxes, one, other, 1)
    val union = area(boxes, one) + area(boxes, other) - shared
    return if (union > 0) shared / union else 0f
}

/** How much of an axis both boxes share. */
private fun common(boxes: FloatArray, one: Int, other: Int, axis: Int): Float {
    val first = one * Anchors.BOX_SIDES + axis
    val second = other * Anchors.BOX_SIDES + axis
    return maxOf(minOf(boxes[first + 2], boxes[second + 2]) - maxOf(boxes[first], boxes[second]), 0f)
}

private fun area(boxes: FloatArray, place: Int): Float {
    val at = place * Anchors.BOX_SIDES
    return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1])
}
