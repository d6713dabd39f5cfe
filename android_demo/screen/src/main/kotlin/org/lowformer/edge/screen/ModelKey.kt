package org.lowformer.edge.screen

/**
 * A file with what computes it.
 *
 * @property bundle id of its bundle.
 * @property path in the bundle.
 */
data class ModelKey(val bundle: String, val path: String, val runtime: RuntimeChoice)
