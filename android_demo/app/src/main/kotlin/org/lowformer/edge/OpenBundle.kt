package org.lowformer.edge

import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.BundleModel
import org.lowformer.edge.screen.BundleContent
import org.lowformer.edge.screen.Offer

/** A bundle whose files are checked, with the id that the screen knows it by. */
internal class OpenBundle(val id: String, val bundle: Bundle) {
    val manifest = bundle.manifest

    /** What the screen needs of it. */
    val content = BundleContent(
        Offer.of(bundle.models.map { Offer(it.artifact.path, it.file.format, it.artifact.precision) }),
        bundle.labels(),
        manifest.fitForAccuracy,
        manifest.preprocessing.seesAll,
    )

    /** The file of an [Offer]. */
    fun model(path: String): BundleModel = bundle.models.first { it.artifact.path == path }
}
