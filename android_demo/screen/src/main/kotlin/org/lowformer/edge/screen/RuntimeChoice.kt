package org.lowformer.edge.screen

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Format

/** What a person can choose to compute with, in the order in which it is offered. */
enum class RuntimeChoice(val format: Format, val accelerator: Accelerator) {
    TFLITE_CPU(Format.TFLITE, Accelerator.CPU),
    TFLITE_GPU(Format.TFLITE, Accelerator.GPU),
    TFLITE_GPU_FP16(Format.TFLITE, Accelerator.GPU_FP16),
    EXECUTORCH(Format.EXECUTORCH, Accelerator.CPU),
}
