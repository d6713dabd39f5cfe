package org.lowformer.edge.screen

/** What a person can do besides choosing; each is one button, which is there only while it makes sense. */
enum class Action {
    ALLOW_CAMERA,
    OPEN_SETTINGS,
    TRY_AGAIN,
    USE_CAMERA,
    SWITCH_CAMERA,
    PICK_PHOTO,
    SAMPLE_PHOTO,
    IMPORT_FOLDER,
    IMPORT_ZIP,
    REMOVE_BUNDLE,
    BENCHMARK,
}
