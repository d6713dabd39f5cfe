package org.lowformer.edge

import android.app.Screen
import android.content.Intent
import android.os.BatteryManager
import android.os.Build
import android.view.View
import android.widget.ProgressBar
import android.widget.TextView
import java.io.File
import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.fakes.Phone

/** Lab mode's screen, with the thread that works behind it. */
class VerifyTest {
    @TempDir
    lateinit var disk: File

    private lateinit var phone: Phone
    private lateinit var screen: Screen
    private val job get() = File(disk, "0123456789abcdef")

    @BeforeEach
    fun takesAPhone() {
        phone = Phone.start(disk, null)
        phone.application = DemoApplication()
        phone.battery = battery()
    }

    @AfterEach
    fun nothingForbiddenWasDone() {
        // Whatever a failed test left behind ends.
        phone.models.during = Runnable { error("the test is over") }
        assertEquals(emptyList<String>(), phone.violations)
        Build.VERSION.SDK_INT = 36
    }

    private fun battery(plugged: Int = 0): Intent = Intent()
        .putExtra(BatteryManager.EXTRA_LEVEL, 40)
        .putExtra(BatteryManager.EXTRA_SCALE, 50)
        .putExtra(BatteryManager.EXTRA_TEMPERATURE, 305)
        .putExtra(BatteryManager.EXTRA_PLUGGED, plugged)

    private fun begin(rounds: Int = 3) {
        val bundle = SmallBundle().write(job)
        val artifact = JSONObject(File(bundle, "manifest.json").readText()).getJSONArray("artifacts").getJSONObject(0)
        val file = artifact.getJSONObject("file")
            .put("input", artifact.getJSONArray("inputs").get(0)).put("outputs", artifact.getJSONArray("outputs"))
        val request = JSONObject().put("task", "time").put("files", JSONArray(listOf(0))).put("threads", 1)
            .put("accelerator", "cpu").put("timeout_s", 600).put("rounds", rounds).put("first", 0)
        val json = JSONObject().put("protocol", 3).put("files", JSONArray(listOf(file)))
            .put("requests", JSONArray(listOf(request)))
        File(job, "job.json").writeText(json.toString())
        screen = Screen({ VerifyActivity() }, Intent().putExtra("job", job.path).putExtra("request", 0))
        screen.start()
    }

    private fun answer(): JSONObject {
        waitUntil { screen.activity.isFinishing }
        return JSONObject(File(disk, "external/${job.name}/0/answer.json").readText())
    }

    private fun waitUntil(isSo: () -> Boolean) {
        repeat(PATIENCE) {
            phone.queue.settle()
            if (isSo()) return
            Thread.sleep(1)
        }
        error("it takes too long")
    }

    private fun <T : View> view(id: Int): T = screen.activity.window.decorView.part(id)

    @Test
    fun aRequestIsDoneAndTheScreenCloses() {
        phone.savesPower = true
        phone.heat = 2
        begin()
        val answer = answer()
        assertEquals("done", answer.getString("outcome"))
        val before = answer.getJSONObject("before")
        assertEquals(listOf(80, 30.5, false, true, 2), STATE.map(before::get))
        assertEquals("x86_64", answer.getJSONObject("machine").getString("abi"))
        val times = answer.getJSONObject("result").getJSONArray("milliseconds").getJSONArray(0)
        assertEquals(5.0, times.getDouble(0))
        assertEquals("Running: small-fp32.tflite", view<TextView>(R.id.lab_step).text.toString())
        assertEquals(0, phone.models.open)
    }

    @Test
    fun olderPhonesTellLess() {
        Build.VERSION.SDK_INT = 28
        phone.battery = null
        begin()
        val before = answer().getJSONObject("before")
        assertEquals(listOf(JSONObject.NULL, JSONObject.NULL, JSONObject.NULL, false, JSONObject.NULL), STATE.map(before::get))
    }

    @Test
    fun aTurnedScreenShowsTheSameWork() {
        phone.models.during = Runnable { Thread.sleep(1) }
        begin(ENDLESS)
        waitUntil { view<ProgressBar>(R.id.lab_progress).max == ENDLESS + WARMUP }
        screen.turn()
        assertEquals(ENDLESS + WARMUP, view<ProgressBar>(R.id.lab_progress).max)
        assertFalse(view<ProgressBar>(R.id.lab_progress).isIndeterminate)
        view<View>(R.id.lab_cancel).performClick()
        assertFalse(view<View>(R.id.lab_cancel).isEnabled)
        val answer = answer()
        assertEquals("cancelled", answer.getString("outcome"))
        assertEquals("cancelled on the phone", answer.getString("reason"))
        assertEquals(1, phone.models.opened.size)
        screen.end()
    }

    @Test
    fun whoLeavesTheScreenEndsTheRequest() {
        phone.models.during = Runnable { Thread.sleep(1) }
        begin(ENDLESS)
        screen.stop()
        assertTrue("the app left the screen" in answer().getString("reason"))
        screen.start()
        screen.activity.finish()
        screen.end()
    }

    @Test
    fun withoutAJobItDoesNotStart() {
        val error = assertThrows(IllegalArgumentException::class.java) { Screen({ VerifyActivity() }, Intent()) }
        assertEquals("no job: lowformer-bench --on adb starts this", error.message)
        assertNotNull(phone.application)
    }

    private companion object {
        const val PATIENCE = 20_000
        const val ENDLESS = 100_000
        const val WARMUP = 5
        val STATE = listOf("battery_percent", "battery_celsius", "charging", "power_save", "thermal_status")
    }
}
