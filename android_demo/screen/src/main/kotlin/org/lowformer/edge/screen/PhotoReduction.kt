package org.lowformer.edge.screen

/**
 * By how much a photo's sides are divided while it is decoded: a power of two, 1 wherever the photo fits.
 *
 * Preprocessing is exact only from the whole photo: decoders average or skip pixels, where preprocessing weighs all.
 * So as much is kept as memory allows.
 *
 * @param width of the photo in pixels.
 * @param height of the photo in pixels.
 * @param room how many bytes of memory decoding may take.
 */
fun photoReduction(width: Int, height: Int, room: Long): Int {
    var reduction = 1
    while ((width / reduction).toLong() * (height / reduction) > room / BYTES_A_PIXEL) reduction *= 2
    return reduction
}

/** Four in the decoder's bitmap, four in its copy, three in the image that is preprocessed. */
private const val BYTES_A_PIXEL = 11
