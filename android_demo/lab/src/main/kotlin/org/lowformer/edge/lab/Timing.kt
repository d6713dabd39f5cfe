package org.lowformer.edge.lab

import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.LatencySummary
import org.lowformer.edge.core.RunnerFactory

/**
 * Times files in turns within this process, as Python's `runtime/measure/timing.py`.
 *
 * @return milliseconds of each run of each file, and what they sum up to.
 */
internal fun timeFiles(
    request: TimeRequest,
    factory: RunnerFactory,
    surroundings: Surroundings,
    watch: Watch,
    progress: Progress,
): JSONObject {
    val files = request.common.files
    val order = files.indices.map { (request.first + it) % files.size }
    progress.begin(files.joinToString { it.name }, WARMUP + request.rounds)
    val times = factory.withOpen(order.map { files[it] }, request.common) { runners ->
        val runs = runners.map { runner ->
            val input = noise(runner);
            { runner.run(input); Unit }
        }
        timeInTurns(runs, request.rounds, surroundings.clock) {
            watch.check()
            progress.advance()
        }
    }
    val sorted = files.indices.map { times[order.indexOf(it)] }
    return JSONObject()
        .put("milliseconds", JSONArray(sorted.map { JSONArray(it.toList()) }))
        .put("summaries", JSONArray(sorted.map { summary(LatencySummary.of(it)) }))
}

/**
 * Times several things in turns, so that a change of the phone's speed meets all alike.
 *
 * Each timed run directly follows an untimed one of the same thing: otherwise it would begin with caches full of
 * the others' weights.
 *
 * @param rounds timed runs of each, after [WARMUP] that do not count.
 * @param onRound called after each round.
 * @return milliseconds of each run, by thing.
 */
internal fun timeInTurns(
    runs: List<() -> Unit>,
    rounds: Int,
    clock: Clock,
    onRound: () -> Unit,
): List<DoubleArray> {
    val times = List(runs.size) { DoubleArray(rounds) }
    for (number in 0 until WARMUP + rounds) {
        runs.forEachIndexed { index, run ->
            val taken = timed(run, clock)
            if (number >= WARMUP) times[index][number - WARMUP] = taken
        }
        onRound()
    }
    return times
}

/** Milliseconds of one run, after another one that is not timed. */
internal fun timed(run: () -> Unit, clock: Clock): Double {
    run()
    val started = clock.nanoseconds()
    run()
    return milliseconds(started, clock.nanoseconds())
}

/** Milliseconds between two looks at a clock. */
internal fun milliseconds(from: Long, to: Long): Double = (to - from) / NANOSECONDS_OF_MILLISECOND

private fun summary(found: LatencySummary): JSONObject = JSONObject()
    .put("runs", found.runs)
    .put("median_ms", found.medianMs)
    .put("p10_ms", found.p10Ms)
    .put("p90_ms", found.p90Ms)
    .put("p99_ms", found.p99Ms)

private const val NANOSECONDS_OF_MILLISECOND = 1e6
