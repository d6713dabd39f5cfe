package org.lowformer.edge.hotspot

import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.RgbImage
import java.io.File

private val HEADER = Regex("P6\\s(\\d+)\\s(\\d+)\\s255\\s")
private const val LONGEST_HEADER = 32

/**
 * An image of a portable pixel map (PPM) without comments.
 *
 * @throws EdgeException the file is none.
 */
internal fun readPixelMap(file: File): RgbImage {
    val bytes = file.readBytes()
    val start = String(bytes, 0, minOf(bytes.size, LONGEST_HEADER), Charsets.ISO_8859_1)
    val header = HEADER.find(start)?.takeIf { it.range.first == 0 } ?: throw EdgeException("$file: no PPM")
    val (width, height) = header.destructured
    return RgbImage(width.toInt(), height.toInt(), bytes.copyOfRange(header.range.last + 1, bytes.size))
}
