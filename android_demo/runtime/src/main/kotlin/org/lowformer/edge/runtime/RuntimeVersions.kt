package org.lowformer.edge.runtime

/** Versions of the runtimes that a build of the app holds. They do not tell themselves. */
data class RuntimeVersions(val litert: String, val executorch: String)
