package org.lowformer.edge.lab

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Preprocessing

/** What every request says. */
data class Common(
    val files: List<JobFile>,
    val threads: Int,
    val accelerator: Accelerator,
    val timeoutSeconds: Double,
)

/** One piece of work, which has a process of its own. */
sealed class Request {
    abstract val common: Common
}

/** Run images and give their outputs. */
data class RunRequest(
    override val common: Common,
    val pixels: RawArray,
    val preprocessing: Preprocessing,
) : Request()

/**
 * Check files of a bundle by its golden vectors.
 *
 * @property bundle the bundle's folder, relative to the job's.
 */
data class CheckRequest(override val common: Common, val bundle: String) : Request()

/** Open a file and run it a few times. */
data class AloneRequest(override val common: Common) : Request()

/**
 * Time files in turns.
 *
 * @property rounds timed runs of each.
 * @property first which file is opened and run first; the others follow as in a ring.
 */
data class TimeRequest(override val common: Common, val rounds: Int, val first: Int) : Request()

/** Run files in turns for some seconds. */
data class EnduranceRequest(override val common: Common, val seconds: Double) : Request()
