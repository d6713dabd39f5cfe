package org.lowformer.edge.screen

/**
 * What the screen needs to know of an open bundle.
 *
 * @property offers files that the app can run.
 * @property labels class names in order; null where the bundle has none.
 * @property isTrained false for random weights, whose classes mean nothing.
 * @property seesAll whether the model sees the whole of an image, and not its centre alone.
 */
data class BundleContent(
    val offers: List<Offer>,
    val labels: List<String>?,
    val isTrained: Boolean = true,
    val seesAll: Boolean = true,
)
