package org.lowformer.edge.lab

import java.util.Random
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ElementType
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RunnerFactory

/** Runs of each file before those that are timed. */
internal const val WARMUP = 5

/**
 * Opens a file of a request.
 *
 * @throws EdgeException its runtime cannot load it, or has no such accelerator.
 */
internal fun RunnerFactory.open(file: JobFile, common: Common): Runner {
    val model = file.model
    if (common.accelerator !in model.format.accelerators) {
        throw EdgeException("${file.name}: ${model.format.suffix} files do not run on ${common.accelerator.id}")
    }
    return open(model, common.accelerator, common.threads)
}

/** An input of ordinary values, the same each time, for runs that are only timed. */
internal fun noise(runner: Runner): ModelInput {
    val random = Random(0)
    val input = runner.model.input
    return when (input.type) {
        ElementType.UINT8 -> ModelInput.Pixels(ByteArray(input.size).also { random.nextBytes(it) })
        else -> ModelInput.Reals(FloatArray(input.size) { random.nextGaussian().toFloat() })
    }
}

/** Opens files, does something with their runners, and closes them all. */
internal fun <T> RunnerFactory.withOpen(files: List<JobFile>, common: Common, action: (List<Runner>) -> T): T {
    val runners = ArrayList<Runner>()
    try {
        for (file in files) {
            runners.add(open(file, common))
        }
        return action(runners)
    } finally {
        runners.asReversed().forEach { it.close() }
    }
}
