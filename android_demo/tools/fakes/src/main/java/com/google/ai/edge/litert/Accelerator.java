package com.google.ai.edge.litert;

/** LiteRT's own. */
public enum Accelerator {
    NONE,
    CPU,
    GPU,
    NPU,
}
