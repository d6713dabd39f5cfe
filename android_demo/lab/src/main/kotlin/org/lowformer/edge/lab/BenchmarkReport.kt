package org.lowformer.edge.lab

import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.BenchmarkRow
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.LatencySummary
import org.lowformer.edge.core.StrictJson

/** What the app saves of a benchmark, and `lowformer-bench --phone-report` reads. */
class BenchmarkReport internal constructor(private val json: JSONObject) {
    val text: String get() = json.toString()

    /** The bundle's name. */
    val name: String get() = json.getJSONObject("bundle").getString("name")

    /** When, in UTC. */
    val created: String get() = json.getString("created")

    /** What is known so far, in the order of accelerators and files. */
    fun rows(): List<BenchmarkRow> {
        val files = json.getJSONArray("files").objects().map { it.getString("path") }
        val rows = LinkedHashMap<Pair<String, String>, BenchmarkRow>()
        val times = HashMap<Pair<String, String>, List<Double>>()
        for (request in json.getJSONArray("requests").objects()) {
            val task = request.getJSONObject("task")
            val answer = request.getJSONObject("answer")
            val accelerator = task.getString("accelerator")
            for ((number, file) in task.getJSONArray("files").ints().withIndex()) {
                val key = files[file] to accelerator
                val row = (rows[key] ?: BenchmarkRow(files[file], accelerator)).warmed(answer)
                val result = answer.optJSONObject("result")
                rows[key] = when {
                    result == null -> row.copy(failure = answer.getString("reason"), medianMs = null, p90Ms = null)
                    task.getString("task") == "check" -> row.checked(result, number)
                    task.getString("task") == "alone" -> row.opened(result)
                    else -> {
                        val own = result.getJSONArray("milliseconds").getJSONArray(number).doubles()
                        times[key] = times[key].orEmpty() + own
                        row.timed(times.getValue(key))
                    }
                }
            }
        }
        return rows.values.toList()
    }

    private fun BenchmarkRow.warmed(answer: JSONObject) = copy(
        celsius = answer.getJSONObject("after").numberOrNull("battery_celsius") ?: celsius,
        throttled = if (answer.isNull("throttled")) throttled else answer.getBoolean("throttled") || throttled == true,
    )

    private fun BenchmarkRow.checked(result: JSONObject, number: Int): BenchmarkRow {
        val said = result.getJSONArray("files").getJSONObject(number)
        val parity = result.getJSONArray("parities").optJSONObject(number)
            ?: return copy(failure = said.getString("failure"))
        val outputs = parity.getJSONObject("outputs")
        val decibels = outputs.keys().asSequence().map { name ->
            // The word for an output that is exact is no number.
            outputs.getJSONObject(name).optDouble("sqnr_db", Double.POSITIVE_INFINITY)
        }
        return copy(parityDb = decibels.minOrNull(), agreement = parity.numberOrNull("agreement"))
    }

    private fun BenchmarkRow.opened(result: JSONObject) = copy(
        loadMs = result.getDouble("load_ms"),
        firstMs = result.getDouble("first_ms"),
        peakMb = result.numberOrNull("peak_mb"),
    )

    private fun BenchmarkRow.timed(milliseconds: List<Double>): BenchmarkRow {
        val summary = LatencySummary.of(milliseconds.toDoubleArray())
        return copy(medianMs = summary.medianMs, p90Ms = summary.p90Ms)
    }

    companion object {
        /** The version of the report. */
        const val VERSION = 1

        /** @throws EdgeException the text is no report. */
        fun parse(text: String): BenchmarkReport = try {
            val report = BenchmarkReport(StrictJson.parse(text))
            // Whatever is missing shows here.
            report.rows()
            check(report.name.isNotEmpty() && report.created.isNotEmpty())
            report
        } catch (error: Exception) {
            // Whatever is wrong in it, some reader above does not take.
            throw EdgeException("the report is damaged (${oneLine(error)}); measure again", error)
        }

        private fun JSONArray.objects(): List<JSONObject> = List(length(), ::getJSONObject)

        private fun JSONArray.ints(): List<Int> = List(length(), ::getInt)

        private fun JSONArray.doubles(): List<Double> = List(length(), ::getDouble)

        private fun JSONObject.numberOrNull(name: String): Double? = if (isNull(name)) null else getDouble(name)
    }
}
