package org.lowformer.edge.runtime

import org.lowformer.edge.core.Quantization
import org.lowformer.edge.core.TensorSpec

/** What the integers of a tensor mean; every tensor of integers that was read from a manifest says it. */
internal fun TensorSpec.integers(): Quantization = requireNotNull(quantization) { "$name states no quantization" }
