package org.lowformer.edge.screen

/** Where images come from. */
enum class Source {
    CAMERA,
    PHOTO,
}
