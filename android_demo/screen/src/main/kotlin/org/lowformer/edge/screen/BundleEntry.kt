package org.lowformer.edge.screen

/**
 * A bundle that the app has, opened or not.
 *
 * @property id unique among all bundles.
 * @property name its folder's.
 * @property imported whether a person brought it, and may remove it; the others are part of the app.
 */
data class BundleEntry(val id: String, val name: String, val imported: Boolean)
