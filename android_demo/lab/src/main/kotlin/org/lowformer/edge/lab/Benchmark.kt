package org.lowformer.edge.lab

import java.io.File
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.TimeZone
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.BenchmarkRow
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.Manifest
import org.lowformer.edge.core.RunnerFactory
import org.lowformer.edge.core.digestOf

/** How a benchmark ended. */
sealed interface BenchmarkEnd {
    /** All that could be measured was. */
    data class Done(val report: BenchmarkReport) : BenchmarkEnd

    /**
     * Nothing of it is worth keeping.
     *
     * @property reason why, in one line.
     */
    data class Broken(val outcome: Outcome, val reason: String) : BenchmarkEnd
}

/**
 * Checks and times all files of a bundle on all accelerators, without a computer: the requests of the device protocol
 * one after the other, in this process. See "What the app saves by itself" in `docs/device-protocol.md`.
 *
 * @param factory opens files.
 * @param surroundings clock, power, heat and memory.
 * @param machine what the app knows of itself, of its runtimes and of the phone.
 * @param loadRuntime loads the native library of a format's runtime, if it is not there yet.
 * @param plan how much is done.
 */
class Benchmark(
    private val factory: RunnerFactory,
    private val surroundings: Surroundings,
    private val machine: Map<String, String>,
    private val loadRuntime: (Format) -> Unit,
    private val plan: Plan,
) {
    /**
     * How much is done.
     *
     * @property threads of each runtime.
     * @property accelerators those to be tried.
     * @property passes how often all files are opened and timed in turns.
     * @property rounds timed runs of each file in a pass.
     */
    data class Plan(
        val threads: Int,
        val accelerators: List<Accelerator> = Accelerator.entries,
        val passes: Int = 5,
        val rounds: Int = 30,
    )

    /**
     * Measures a bundle.
     *
     * @param bundle is open, so its hashes are right.
     * @param scratch a folder for outputs, which is emptied.
     * @param begun the date now.
     * @param cancelled why somebody asked for an end, or null; from any thread.
     * @param listener is told how far it is and what is known, on this thread.
     */
    fun run(
        bundle: Bundle,
        scratch: File,
        begun: Date,
        cancelled: () -> String?,
        listener: (Step, List<BenchmarkRow>) -> Unit,
    ): BenchmarkEnd = try {
        BenchmarkEnd.Done(Run(bundle, scratch, begun, cancelled, listener).report())
    } catch (ended: EndedException) {
        BenchmarkEnd.Broken(ended.outcome, ended.reason)
    } finally {
        scratch.deleteRecursively()
    }

    private inner class Run(
        private val bundle: Bundle,
        private val scratch: File,
        begun: Date,
        private val cancelled: () -> String?,
        private val listener: (Step, List<BenchmarkRow>) -> Unit,
    ) {
        private val files = bundle.models.map { JobFile(it.artifact.path, it.artifact.sha256, it.artifact.bytes, it.file) }
        private val requests = JSONArray()
        private val report = BenchmarkReport(
            JSONObject()
                .put("report", BenchmarkReport.VERSION)
                .put("created", utc(begun))
                .put(
                    "bundle",
                    JSONObject()
                        .put("name", bundle.manifest.name)
                        .put("manifest_sha256", digestOf(File(bundle.folder, Manifest.FILE_NAME))),
                )
                .put("files", JSONArray(files.map(::record)))
                .put("requests", requests),
        )
        private val total = plan.accelerators.sumOf { accelerator ->
            val taken = files.count { accelerator in it.model.format.accelerators }
            if (taken == 0) 0 else 1 + taken + plan.passes
        }
        private var done = 0
        private var known = emptyList<BenchmarkRow>()

        fun report(): BenchmarkReport {
            plan.accelerators.forEach(::measure)
            listener(Step(total, total, bundle.manifest.name), known)
            return report
        }

        private fun record(file: JobFile) =
            JSONObject().put("path", file.path).put("sha256", file.sha256).put("bytes", file.bytes)

        private fun measure(accelerator: Accelerator) {
            val taken = files.filter { accelerator in it.model.format.accelerators }
            if (taken.isEmpty()) return
            val ran = checked(taken, accelerator)
            done += taken.size - ran.size
            val opened = ran.filter { alone(it, accelerator) }
            val passes = if (opened.isEmpty()) 0 else plan.passes
            for (pass in 0 until passes) {
                if (!timed(opened, pass % opened.size, accelerator)) {
                    done += passes - pass - 1
                    return
                }
            }
            done += plan.passes - passes
        }

        /** The files that ran. */
        private fun checked(taken: List<JobFile>, accelerator: Accelerator): List<JobFile> {
            val common = common(taken, accelerator, bundle.golden().count * taken.size)
            val task = task("check", common).put("bundle", ".")
            val answer = ask(task, common) { watch, progress ->
                scratch.deleteRecursively()
                scratch.mkdirs()
                val run = ImageRun(scratch, factory, watch, progress)
                // Outputs stay here.
                checkBundle(common, bundle.folder, run, scratch).apply { remove("outputs") }
            }
            val said = answer.result?.getJSONArray("files")
                ?: throw EndedException(Outcome.FAILED, answer.reason.orEmpty())
            return taken.filterIndexed { number, _ -> said.getJSONObject(number).isNull("failure") }
        }

        private fun alone(file: JobFile, accelerator: Accelerator): Boolean {
            val common = common(listOf(file), accelerator, 1 + WARMUP)
            val answer = ask(task("alone", common), common) { watch, progress ->
                measureAlone(AloneRequest(common), factory, loadRuntime, surroundings, watch, progress)
            }
            return answer.outcome == Outcome.DONE
        }

        private fun timed(opened: List<JobFile>, first: Int, accelerator: Accelerator): Boolean {
            val common = common(opened, accelerator, 2 * opened.size * (WARMUP + plan.rounds))
            val task = task("time", common).put("rounds", plan.rounds).put("first", first)
            val answer = ask(task, common) { watch, progress ->
                timeFiles(TimeRequest(common, plan.rounds, first), factory, surroundings, watch, progress)
            }
            return answer.outcome == Outcome.DONE
        }

        private fun common(files: List<JobFile>, accelerator: Accelerator, inferences: Int) =
            Common(files, plan.threads, accelerator, PATIENCE_S + LONGEST_INFERENCE_S * inferences)

        private fun task(name: String, common: Common) = JSONObject()
            .put("task", name)
            .put("files", JSONArray(common.files.map(files::indexOf)))
            .put("threads", common.threads)
            .put("accelerator", common.accelerator.id)
            .put("timeout_s", common.timeoutSeconds)

        private fun ask(task: JSONObject, common: Common, work: (Watch, Progress) -> JSONObject): Answer {
            val watch = Watch(surroundings, null, cancelled)
            val what = "${common.files.singleOrNull()?.name ?: bundle.manifest.name} (${common.accelerator.id})"
            val progress = Progress(null, surroundings.clock) { listener(Step(done, total, what), known) }
            val answer = Answer.to(watch, machine) {
                watch.limit(common.timeoutSeconds)
                watch.check()
                work(watch, progress)
            }
            if (answer.outcome != Outcome.DONE && answer.outcome != Outcome.FAILED) {
                throw EndedException(answer.outcome, answer.reason.orEmpty())
            }
            requests.put(JSONObject().put("task", task).put("answer", answer.json))
            done++
            known = report.rows()
            listener(Step(done, total, what), known)
            return answer
        }
    }

    private companion object {
        fun utc(date: Date): String {
            val format = SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT)
            format.timeZone = TimeZone.getTimeZone("UTC")
            return format.format(date)
        }

        const val PATIENCE_S = 1800.0
        const val LONGEST_INFERENCE_S = 10.0
    }
}
