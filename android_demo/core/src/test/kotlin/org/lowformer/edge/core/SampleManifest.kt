package org.lowformer.edge.core

/** A manifest for tests. */
object SampleManifest {
    /** Of a model of two classes, with no file exported yet, and without its golden vectors and labels. */
    const val EMPTY = """{"schema_version": 2, "name": "small", "task": "classification", "model": {"num_classes": 2},
        "source": {"name": "a.pth", "sha256": null, "taken": "", "fit_for_accuracy": true}, "calibration": null,
        "preprocessing": {"height": 8, "width": 8, "resize": [8, 8], "resize_mode": "crop", "crop_ratio": 1.0,
        "interpolation": "bicubic", "padding": [0, 0, 0], "padding_place": "around", "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5]}, "preprocessing_sources": {}, "classes_source": null, "labels": null, "artifacts": [],
        "outputs": [{"name": "logits", "shape": [2], "layout": "K"}], "machine": {}, "toolchain": {}}"""
}
