package org.lowformer.edge.lab

import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.LatencySummary
import org.lowformer.edge.core.RunnerFactory

/** Stretches of time that are told apart. */
internal const val WINDOWS = 12

/** Parts of a window, whose medians tell how sure its own is. */
internal const val SLICES = 5

/** Runs files in turns without a pause, as Python's `judging/endurance.py`. */
internal fun runFor(
    request: EnduranceRequest,
    factory: RunnerFactory,
    surroundings: Surroundings,
    watch: Watch,
    progress: Progress,
): JSONObject {
    val files = request.common.files
    // Seconds, so that whoever waits sees it go on.
    progress.begin(files.joinToString { it.name }, request.seconds.toInt())
    return factory.withOpen(files, request.common) { runners ->
        val runs = runners.map { runner ->
            val input = noise(runner);
            { runner.run(input); Unit }
        }
        repeat(WARMUP) { runs.forEach { it() } }
        val moments = JSONArray()
        val windows = files.map { JSONArray() }
        val began = surroundings.clock.nanoseconds()
        var told = 0
        for (number in 1..WINDOWS) {
            val until = began + (request.seconds * number / WINDOWS * NANOSECONDS).toLong()
            val times = oneWindow(runs, until, surroundings.clock) {
                watch.check()
                val passed = ((surroundings.clock.nanoseconds() - began) / NANOSECONDS).toInt()
                progress.advance(passed - told)
                told = passed
            }
            windows.zip(times) { found, own -> found.put(window(own)) }
            moments.put(moment((surroundings.clock.nanoseconds() - began) / NANOSECONDS, surroundings, watch.state()))
        }
        JSONObject().put("moments", moments).put("windows", JSONArray(windows))
    }
}

/** Milliseconds of each run, by file; at least one for each slice, however slow they are. */
private fun oneWindow(runs: List<() -> Unit>, until: Long, clock: Clock, onRound: () -> Unit): List<DoubleArray> {
    val times = runs.map { ArrayList<Double>() }
    while (clock.nanoseconds() < until || times.first().size < SLICES) {
        runs.zip(times) { run, own -> own.add(timed(run, clock)) }
        onRound()
    }
    return times.map { it.toDoubleArray() }
}

private fun moment(seconds: Double, surroundings: Surroundings, state: PhoneState): JSONObject = JSONObject()
    .put("seconds", seconds)
    .put("megahertz", surroundings.clocks.megahertz() ?: JSONObject.NULL)
    .put("celsius", state.batteryCelsius ?: JSONObject.NULL)
    .put("thermal_status", state.thermalStatus ?: JSONObject.NULL)

private fun window(times: DoubleArray): JSONObject {
    val summary = LatencySummary.of(times)
    return JSONObject()
        .put("runs", summary.runs)
        .put("median_ms", summary.medianMs)
        .put("p90_ms", summary.p90Ms)
        .put("slices_ms", JSONArray(slices(times).map { LatencySummary.of(it).medianMs }))
}

/** [SLICES] parts of about the same length, the longer ones first, as numpy's `array_split` makes them. */
internal fun slices(times: DoubleArray): List<DoubleArray> {
    val least = times.size / SLICES
    val longer = times.size % SLICES
    var end = 0
    return List(SLICES) { number ->
        val start = end
        end += least + if (number < longer) 1 else 0
        times.copyOfRange(start, end)
    }
}

private const val NANOSECONDS = 1e9
