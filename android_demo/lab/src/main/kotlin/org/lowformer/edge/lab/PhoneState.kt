package org.lowformer.edge.lab

import org.json.JSONObject

/**
 * What a phone tells of itself; null is what it does not tell.
 *
 * @property batteryPercent how full the battery is.
 * @property batteryCelsius how warm it is.
 * @property charging whether it is being charged.
 * @property powerSave whether battery saver is on, which slows the processor.
 * @property thermalStatus how much the phone throttles: 0 is not at all, 1 light, and so on, as
 *   `PowerManager.getCurrentThermalStatus` has it.
 */
data class PhoneState(
    val batteryPercent: Int?,
    val batteryCelsius: Double?,
    val charging: Boolean?,
    val powerSave: Boolean?,
    val thermalStatus: Int?,
) {
    /** Whether measuring would empty a battery that is nearly empty already. */
    val isLow: Boolean get() = batteryPercent != null && batteryPercent < LOW_PERCENT && charging == false

    /** As it lies in an answer. */
    fun toJson(): JSONObject = JSONObject()
        .put("battery_percent", batteryPercent ?: JSONObject.NULL)
        .put("battery_celsius", batteryCelsius ?: JSONObject.NULL)
        .put("charging", charging ?: JSONObject.NULL)
        .put("power_save", powerSave ?: JSONObject.NULL)
        .put("thermal_status", thermalStatus ?: JSONObject.NULL)

    companion object {
        /** What Android takes for a low battery. */
        const val LOW_PERCENT = 15
    }
}
