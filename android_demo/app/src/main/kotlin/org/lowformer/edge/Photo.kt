package org.lowformer.edge

import android.graphics.Bitmap
import org.lowformer.edge.core.RgbImage

/**
 * A photo that was read.
 *
 * @property image what is classified, upright.
 * @property shown what the screen shows, upright and no larger than a screen.
 * @property reduction by how much the sides of [image] were divided while it was decoded.
 */
internal class Photo(val image: RgbImage, val shown: Bitmap, val reduction: Int)
