package org.lowformer.edge.lab

import org.json.JSONObject
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.RunnerFactory

/**
 * Opens a file and runs it a few times, as Python's `runtime/measure/first_run.py`; for a process that has opened none before.
 *
 * @param loadRuntime loads the native library of a format, so that opening the file is timed alone.
 */
internal fun measureAlone(
    request: AloneRequest,
    factory: RunnerFactory,
    loadRuntime: (Format) -> Unit,
    surroundings: Surroundings,
    watch: Watch,
    progress: Progress,
): JSONObject {
    val file = request.common.files.first()
    val clock = surroundings.clock
    progress.begin(file.name, 1 + WARMUP)
    loadRuntime(file.model.format)
    surroundings.memory.restart()
    val started = clock.nanoseconds()
    return factory.open(file, request.common).use { runner ->
        val input = noise(runner)
        val loaded = clock.nanoseconds()
        runner.run(input)
        val finished = clock.nanoseconds()
        progress.advance()
        repeat(WARMUP) {
            watch.check()
            runner.run(input)
            progress.advance()
        }
        JSONObject()
            .put("runtime", runner.description.runtime)
            .put("batch", runner.model.input.batch)
            .put("load_ms", milliseconds(started, loaded))
            .put("first_ms", milliseconds(loaded, finished))
            .put("peak_mb", surroundings.memory.megabytes() ?: JSONObject.NULL)
    }
}
