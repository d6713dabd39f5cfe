package org.lowformer.edge.lab

import java.io.File
import java.util.Date
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.BenchmarkRow
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Manifest

class BenchmarkTest {
    @TempDir
    lateinit var root: File
    private lateinit var job: TestJob
    private val folder get() = File(job.folder, "0")
    private val scratch get() = File(root, "scratch")
    private val seen = ArrayList<List<BenchmarkRow>>()
    private var cancelled: () -> String? = { null }

    @BeforeEach
    fun makeBundle() {
        job = TestJob(root)
        job.bundle(job.expected())
        job.factory.costMs = { if (it == "a.tflite") 2.0 else 5.0 }
    }

    private fun measured(accelerators: List<Accelerator> = Accelerator.entries): BenchmarkEnd {
        val surroundings = Surroundings(job.clock, job.phone, job.memory) { 1800.0 }
        val plan = Benchmark.Plan(4, accelerators, passes = 3, rounds = 6)
        val bundle = Bundle(folder, Manifest.parse(File(folder, "manifest.json").readText()))
        val benchmark = Benchmark(job.factory, surroundings, mapOf("app" to "test"), { }, plan)
        val end = benchmark.run(bundle, scratch, NOW, { cancelled() }) { step, rows ->
            job.steps.add(step)
            seen.add(rows)
        }
        assertEquals(0, job.factory.open)
        assertFalse(scratch.exists())
        return end
    }

    private fun report(accelerators: List<Accelerator> = Accelerator.entries) =
        (measured(accelerators) as BenchmarkEnd.Done).report

    private fun broken() = measured() as BenchmarkEnd.Broken

    private fun row(path: String, accelerator: String) =
        report().rows().single { it.path == path && it.accelerator == accelerator }

    @Test
    fun `every file is measured on every accelerator that takes it`() {
        val report = report()
        val found = report.rows().map { "${it.path} ${it.accelerator}" }
        assertEquals(
            listOf("cpu", "gpu", "gpu-fp16").flatMap { listOf("a.tflite $it", "b.tflite $it") },
            found,
        )
        assertEquals("linear", report.name)
        assertEquals("2026-11-29T12:00:00Z", report.created)
    }

    @Test
    fun `a row has all figures`() {
        val row = row("b.tflite", "cpu")
        assertNull(row.failure)
        assertTrue(row.parityDb!! > 100)
        assertEquals(100.0, row.agreement)
        assertEquals(LinearFactory.OPENING_MS, row.loadMs)
        assertEquals(listOf(5.0, 5.0, 5.0), listOf(row.firstMs, row.medianMs, row.p90Ms))
        assertEquals(12.5, row.peakMb)
        assertEquals(30.5, row.celsius)
        assertEquals(false, row.throttled)
    }

    @Test
    fun `what does not run is not timed and says why`() {
        val row = row("a.tflite", "gpu")
        assertEquals("a.tflite: the GPU refuses SOFTMAX", row.failure)
        assertNull(row.medianMs)
        val tasks = JSONObject(report(listOf(Accelerator.GPU)).text).getJSONArray("requests")
        assertEquals(1, tasks.length())
    }

    @Test
    fun `what fails after its check leaves the others`() {
        var alone = 0
        job.factory.onRun = {
            // The check runs two batches of each file; the next run of a.tflite is the first of it alone.
            if (job.factory.runs.size == 5 && alone++ == 0) throw EdgeException("no memory\nleft")
        }
        val rows = report(listOf(Accelerator.CPU)).rows()
        assertEquals(listOf("no memory left", null), rows.map { it.failure })
        assertEquals(listOf(null, 5.0), rows.map { it.medianMs })
    }

    @Test
    fun `passes begin with another file each`() {
        val requests = JSONObject(report(listOf(Accelerator.CPU)).text).getJSONArray("requests")
        val first = (0 until requests.length()).map { requests.getJSONObject(it).getJSONObject("task") }
            .filter { it.getString("task") == "time" }.map { it.getInt("first") }
        assertEquals(listOf(0, 1, 0), first)
    }

    @Test
    fun `outputs are in no report and on no disk`() {
        val text = report().text
        assertFalse("outputs\":[" in text, text)
        assertFalse(".raw" in text, text)
    }

    @Test
    fun `rows grow while it goes on`() {
        report()
        assertEquals(emptyList<BenchmarkRow>(), seen.first())
        assertEquals(6, seen.last().size)
        assertTrue(seen.zipWithNext().all { (one, next) -> one.size <= next.size })
        assertEquals(job.steps.last().done, job.steps.last().total)
        assertTrue(job.steps.zipWithNext().all { (one, next) -> one.done <= next.done })
    }

    @Test
    fun `whoever cancels gets no report`() {
        cancelled = { "cancelled by a hand".takeIf { job.factory.runs.size > 10 } }
        assertEquals(BenchmarkEnd.Broken(Outcome.CANCELLED, "cancelled by a hand"), broken())
    }

    @Test
    fun `a low battery ends it`() {
        job.phone.state = job.phone.state.copy(batteryPercent = 9)
        assertEquals(Outcome.LOW_BATTERY, broken().outcome)
    }

    @Test
    fun `a damaged file ends it`() {
        File(folder, "a.tflite").writeText("another")
        val end = broken()
        assertEquals(Outcome.FAILED, end.outcome)
        assertTrue("a.tflite" in end.reason, end.reason)
    }

    @Test
    fun `heat is told of the file that met it`() {
        job.factory.onRun = { if (job.factory.runs.size > 20) job.phone.state = job.phone.state.copy(thermalStatus = 2) }
        val rows = report().rows()
        assertTrue(rows.any { it.throttled == true })
    }

    @Test
    fun `a phone that tells nothing is measured all the same`() {
        job.phone.state = PhoneState(null, null, null, null, null)
        val row = row("a.tflite", "cpu")
        assertEquals(listOf(null, null), listOf(row.celsius, row.throttled))
        assertEquals(2.0, row.medianMs)
    }

    @Test
    fun `a saved report says the same`() {
        val report = report()
        val read = BenchmarkReport.parse(report.text)
        assertEquals(report.rows(), read.rows())
        assertEquals(report.text, read.text)
    }

    @Test
    fun `what is no report is refused in a line`() {
        val whole = report().text
        for (text in listOf("", "{}", "[]", whole.dropLast(1), whole.replace("\"files\"", "\"fields\""))) {
            val error = assertThrows(EdgeException::class.java) { BenchmarkReport.parse(text) }
            assertTrue(error.message!!.startsWith("the report is damaged"))
            assertFalse('\n' in error.message!!)
        }
    }

    private companion object {
        val NOW = Date(1_795_953_600_987L)
    }
}
