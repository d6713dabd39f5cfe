package com.google.ai.edge.litert

/** Stands for LiteRT's class, which cannot be had without Gradle; see `tools/offline/litert.py`. */
enum class Accelerator(val value: Int) {
    NONE(0),
    CPU(1),
    GPU(2),
    NPU(3),
}
