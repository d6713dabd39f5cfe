package org.lowformer.edge

import android.app.Screen
import android.content.ComponentCallbacks2
import android.content.Intent
import android.net.Uri
import android.os.BatteryManager
import android.os.Handler
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.TextView
import java.io.File
import org.json.JSONObject
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.fakes.Phone
import org.lowformer.edge.lab.BenchmarkReport

/** The benchmark screen, with what measures behind it. */
class BenchTest {
    @TempDir
    lateinit var disk: File

    private val hand by lazy { Hand(File(disk, "phone"), assets = ASSETS) }
    private val phone: Phone get() = hand.phone
    private lateinit var screen: Screen
    private val documents get() = phone.documents

    @AfterEach
    fun nothingForbiddenWasDone() {
        // Several are open at once by intent, to be timed in turns.
        assertEquals(emptyList<String>(), phone.violations.filterNot { "while another is open" in it })
        phone.application.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        hand.settle()
        assertEquals(0, phone.models.open)
        assertFalse(File(disk, "phone/no_backup/bench").exists())
    }

    private fun opened(bundle: String = "demo") {
        phone.battery = Intent().putExtra(BatteryManager.EXTRA_TEMPERATURE, 305)
        hand.opened()
        if (bundle != "demo") hand.choose(R.id.bundles, bundle)
        hand.press(R.id.benchmark)
        screen = Screen({ BenchActivity() }, phone.started.last())
        screen.start()
        hand.screen.stop()
        hand.settle()
    }

    private fun <T : View> view(id: Int): T = screen.activity.window.decorView.part(id)

    private val status: String get() = view<TextView>(R.id.bench_status).text.toString()

    private fun isShown(id: Int) = view<View>(id).visibility == View.VISIBLE

    private fun press(id: Int) {
        check(isShown(id)) { "nobody can press what is not there: $status" }
        view<View>(id).performClick()
        hand.settle()
    }

    private fun rows(): List<ViewGroup> = view<ViewGroup>(R.id.bench_table).let { table ->
        List(table.childCount) { table.getChildAt(it) as ViewGroup }.filter { it.visibility == View.VISIBLE }
    }

    private fun cells(row: ViewGroup): List<String> = List(row.childCount) { (row.getChildAt(it) as TextView).text.toString() }

    private fun history(): List<RadioButton> =
        view<RadioGroup>(R.id.bench_history).let { group -> List(group.childCount) { group.getChildAt(it) as RadioButton } }

    /** Somebody does something on the main thread while a model runs for the fifth time. */
    private fun meanwhile(action: () -> Unit) {
        var runs = 0
        phone.models.during = Runnable {
            if (++runs == 5) {
                Handler(Looper.getMainLooper()).post { action() }
                phone.queue.settle()
            }
        }
    }

    private fun save(to: String) {
        press(R.id.bench_save)
        screen.stop()
        screen.picked(Intent().setData(Uri.parse(to)))
        hand.settle()
    }

    @Test
    fun allFilesAreMeasuredOnAllAccelerators() {
        opened()
        assertTrue("Measures all files of demo" in status, status)
        press(R.id.bench_begin)
        assertTrue(status.startsWith("Done."), status)
        val (heading, first) = rows()
        assertEquals(listOf("File", "On", "Opening", "First run", "Median"), cells(heading).take(5))
        assertEquals(listOf("small-fp32.tflite", "CPU"), cells(first).take(2))
        assertEquals(listOf("5.00\u00A0ms", "5.00\u00A0ms"), cells(first).subList(4, 6))
        assertEquals("30.5\u00A0°C", cells(first)[7])
        assertTrue("small-fp32.tflite on the CPU: opened in" in first.contentDescription, "${first.contentDescription}")
        assertEquals(1 + 3 + 2 + 2, rows().size)
    }

    @Test
    fun theModelThatWasShownIsClosedFirst() {
        opened()
        assertEquals(1, phone.models.open)
        val open = ArrayList<Int>()
        phone.models.during = Runnable { open += phone.models.open }
        press(R.id.bench_begin)
        assertEquals(1, open.first())
    }

    @Test
    fun whatIsSavedIsTheReport() {
        opened()
        press(R.id.bench_begin)
        save("content://report")
        assertEquals("The report is saved.", status)
        val text = String(documents.getValue("content://report"))
        assertEquals(7, BenchmarkReport.parse(text).rows().size)
        val machine = JSONObject(text).getJSONArray("requests").getJSONObject(0).getJSONObject("answer").getJSONObject("machine")
        assertEquals("Maker Model", machine.getString("model"))
        save("content://gone")
        assertEquals("The report was not saved. It cannot be written (content://gone); choose another place", status)
    }

    @Test
    fun savingNeedsAPickerAndAPlace() {
        opened()
        press(R.id.bench_begin)
        phone.hasPicker = false
        press(R.id.bench_save)
        assertEquals("No app on this device can pick files.", phone.toasts.last())
        phone.hasPicker = true
        press(R.id.bench_save)
        screen.stop()
        screen.picked(null)
        hand.settle()
        assertTrue(status.startsWith("Done."), status)
        phone.refusal = SecurityException("no leave")
        save("content://report")
        assertTrue("Android does not let the app write there" in status, status)
    }

    @Test
    fun whoeverCancelsKeepsNothing() {
        opened()
        meanwhile { view<View>(R.id.bench_cancel).performClick() }
        press(R.id.bench_begin)
        assertEquals("The measuring has ended: cancelled", status)
        assertEquals(emptyList<RadioButton>(), history())
        assertFalse(isShown(R.id.bench_save))
    }

    @Test
    fun whoeverLeavesEndsIt() {
        opened()
        meanwhile { screen.stop() }
        press(R.id.bench_begin)
        screen.start()
        hand.settle()
        assertTrue("the app left the screen" in status, status)
    }

    @Test
    fun aScreenThatIsTurnedGoesOn() {
        opened()
        meanwhile {
            screen.turn()
            assertTrue(isShown(R.id.bench_progress))
            assertTrue(screen.activity.window.decorView.keepScreenOn)
        }
        press(R.id.bench_begin)
        assertTrue(status.startsWith("Done."), status)
        assertFalse(isShown(R.id.bench_progress))
    }

    @Test
    fun whatIsRefusedIsToldAndTheOthersAreMeasured() {
        phone.models.refused["small-int8.tflite"] = "it is refused"
        opened()
        press(R.id.bench_begin)
        assertTrue("small-int8.tflite on the CPU was not timed: " in view<TextView>(R.id.bench_failures).text, status)
        val refused = rows().first { cells(it)[0] == "small-int8.tflite" }
        assertEquals("unknown", cells(refused)[4])
        assertTrue("was not timed" in refused.contentDescription)
    }

    @Test
    fun aLowBatteryEndsIt() {
        opened()
        phone.battery = Intent().putExtra(BatteryManager.EXTRA_LEVEL, 5).putExtra(BatteryManager.EXTRA_SCALE, 100)
            .putExtra(BatteryManager.EXTRA_PLUGGED, 0)
        press(R.id.bench_begin)
        assertTrue("The measuring has ended: the battery is at 5 %" in status, status)
    }

    @Test
    fun aBundleWithDamagedGoldenVectorsIsNotMeasured() {
        opened("spoilt")
        press(R.id.bench_begin)
        assertTrue(status.startsWith("The measuring failed. 'golden.npz'"), status)
        press(R.id.bench_begin)
        assertTrue(status.startsWith("The measuring failed."), status)
    }

    @Test
    fun earlierBenchmarksCanBeLookedAt() {
        opened()
        press(R.id.bench_begin)
        press(R.id.bench_begin)
        assertEquals(2, history().size)
        history().last().performClick()
        hand.settle()
        assertTrue("Measures all files" in status, status)
        assertEquals(8, rows().size)
        // A new process knows them, too.
        phone.kill()
        opened()
        assertEquals(2, history().size)
        history().first().performClick()
        hand.settle()
        assertEquals(8, rows().size)
    }

    @Test
    fun theLastTwentyAreKept() {
        opened()
        press(R.id.bench_begin)
        val store = ReportStore(phone.application)
        val report = store.read(store.list().single().id)
        val kept = List(25) { store.keep(report).id }
        assertEquals(kept.takeLast(20).reversed(), store.list().map { it.id })
        File(disk, "phone/no_backup/reports/${kept.last()}").writeText("damaged")
        assertEquals(kept.dropLast(1).takeLast(19).reversed(), store.list().map { it.id })
    }

    @Test
    fun whatCannotBeReadIsNoLongerListed() {
        opened()
        press(R.id.bench_begin)
        press(R.id.bench_begin)
        val folder = File(disk, "phone/no_backup/reports")
        folder.listFiles().orEmpty().minOf { it }.delete()
        history().last().performClick()
        hand.settle()
        assertEquals(1, history().size)
    }

    private companion object {
        val ASSETS: File by lazy {
            Hand.assets("demo" to SmallBundle(), "spoilt" to SmallBundle(isGolden = false))
        }
    }
}
