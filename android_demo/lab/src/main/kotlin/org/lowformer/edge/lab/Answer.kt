package org.lowformer.edge.lab

import org.json.JSONObject
import org.lowformer.edge.core.EdgeException

/**
 * What came of a request.
 *
 * @property reason why it was not done, in a line; null where it was.
 * @property json all of it, as the device protocol has it.
 */
internal class Answer(val outcome: Outcome, val reason: String?, val json: JSONObject) {
    /** What was found out; null where it was not done. */
    val result: JSONObject? get() = json.optJSONObject("result")

    companion object {
        /** Does some work under a watch, whatever becomes of it. */
        fun to(watch: Watch, machine: Map<String, String>, work: () -> JSONObject): Answer {
            val before = watch.state()
            var outcome = Outcome.DONE
            var reason: String? = null
            var result: JSONObject? = null
            try {
                result = work()
            } catch (ended: EndedException) {
                outcome = ended.outcome
                reason = ended.reason
            } catch (error: EdgeException) {
                outcome = Outcome.FAILED
                reason = oneLine(error)
            }
            val after = watch.state()
            val json = JSONObject()
                .put("protocol", Job.PROTOCOL)
                .put("outcome", outcome.id)
                .put("reason", reason ?: JSONObject.NULL)
                .put("machine", JSONObject(machine))
                .put("before", before.toJson())
                .put("after", after.toJson())
                .put("worst_thermal_status", watch.worstThermalStatus ?: JSONObject.NULL)
                .put("throttled", watch.throttled ?: JSONObject.NULL)
                .put("result", result ?: JSONObject.NULL)
            return Answer(outcome, reason, json)
        }
    }
}
