package com.google.ai.edge.litert

/** Compile-only. */
enum class Accelerator {
    NONE,
    CPU,
    GPU,
    NPU,
}
