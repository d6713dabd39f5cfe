package org.lowformer.edge

import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import org.lowformer.edge.lab.Phone
import org.lowformer.edge.lab.PhoneState

/** The phone's battery and heat, as Android tells them. */
class PhonePower(private val context: Context) : Phone {
    private val power: PowerManager? = context.getSystemService(PowerManager::class.java)

    override fun state(): PhoneState {
        // The last broadcast is kept by the system, so that asking for it needs no receiver.
        val battery: Intent? = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        return PhoneState(
            batteryPercent = percent(battery),
            batteryCelsius = number(battery, BatteryManager.EXTRA_TEMPERATURE)?.let { it / TENTHS },
            charging = number(battery, BatteryManager.EXTRA_PLUGGED)?.let { it != 0 },
            powerSave = power?.isPowerSaveMode,
            thermalStatus = if (Build.VERSION.SDK_INT >= TELLS_HEAT) power?.currentThermalStatus else null,
        )
    }

    private fun percent(battery: Intent?): Int? {
        val level = number(battery, BatteryManager.EXTRA_LEVEL) ?: return null
        val scale = number(battery, BatteryManager.EXTRA_SCALE)?.takeIf { it > 0 } ?: return null
        return PERCENT * level / scale
    }

    private fun number(battery: Intent?, name: String): Int? =
        battery?.getIntExtra(name, UNKNOWN)?.takeIf { it != UNKNOWN }

    private companion object {
        /** Android 10. */
        const val TELLS_HEAT = 29
        const val TENTHS = 10.0
        const val PERCENT = 100
        const val UNKNOWN = Int.MIN_VALUE
    }
}
