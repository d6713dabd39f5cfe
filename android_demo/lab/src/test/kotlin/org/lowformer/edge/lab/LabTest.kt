package org.lowformer.edge.lab

import java.io.File
import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.core.Closeness
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.LatencySummary
import org.lowformer.edge.core.agreement
import org.lowformer.edge.core.softmax

class LabTest {
    @TempDir
    lateinit var root: File
    private lateinit var job: TestJob

    @BeforeEach
    fun makeJob() {
        job = TestJob(root)
    }

    private fun refused(reason: String, outcome: Outcome = Outcome.FAILED) {
        val answer = job.perform()
        assertEquals(outcome.id, answer.getString("outcome"))
        val said = answer.getString("reason")
        assertTrue(reason in said, said)
        assertFalse('\n' in said)
        assertTrue(answer.isNull("result"))
    }

    @Test
    fun `images are run in batches and the last is filled up`() {
        job.request("run", 0, 1)
        val answer = job.perform()
        assertEquals("done", answer.getString("outcome"))
        assertTrue(answer.isNull("reason"))
        assertEquals("test", answer.getJSONObject("machine").getString("app"))
        val result = answer.getJSONObject("result")
        for (number in 0..1) {
            val file = result.getJSONArray("files").getJSONObject(number)
            assertTrue(file.isNull("failure"))
            assertEquals("Linear 1", file.getString("runtime"))
            val array = result.getJSONArray("outputs").getJSONObject(number).getJSONObject("logits")
            assertEquals("[3,5]", array.getJSONArray("shape").toString())
            assertArrayEquals(job.expected(), job.output(0, array.getString("file")), 1e-5f)
        }
        assertEquals(List(2) { "a.tflite" } + List(2) { "b.tflite" }, job.factory.runs)
        assertEquals("3", File(job.answer(0), "progress").readText())
        assertEquals(Step(3, 6, "b.tflite"), job.steps.last())
    }

    private fun file(number: Int): JSONObject = job.json.getJSONArray("files").getJSONObject(number)

    @Test
    fun `files that take images get the pixels`() {
        file(0).getJSONObject("input").put("dtype", "uint8")
        val planar = JSONArray(listOf(2, 3, 4, 4))
        file(1).getJSONObject("input").put("dtype", "uint8").put("layout", "NCHW").put("shape", planar)
        job.request("run", 0, 1)
        assertEquals("done", job.perform().getString("outcome"))
        val (rows, planes) = listOf("output-0-0.raw", "output-1-0.raw").map { job.output(0, it) }
        fun value(image: Int, index: Int) = job.pixels[image * TestJob.AREA + index].toInt() and 0xFF
        for (image in 0 until TestJob.IMAGES) {
            val expected = List(2) { layout ->
                (0 until TestJob.AREA).sumOf {
                    val place = if (layout == 0) it else it % 3 * 16 + it / 3
                    LinearFactory.usual(1, place) * value(image, it)
                }.toFloat()
            }
            assertEquals(expected[0], rows[image * TestJob.CLASSES + 1])
            assertEquals(expected[1], planes[image * TestJob.CLASSES + 1])
        }
    }

    @Test
    fun `files that take images are timed with pixels`() {
        file(0).getJSONObject("input").put("dtype", "uint8")
        for (task in listOf("alone", "time", "endurance")) job.request(task, 0)
        for (number in 0..2) assertEquals("done", job.perform(number).getString("outcome"))
    }

    @Test
    fun `probabilities are held against those of the golden vectors`() {
        job.outputs(0, Triple("probabilities", listOf(TestJob.CLASSES), "NK"))
        val logits = FloatArray(TestJob.IMAGES * TestJob.CLASSES) { it % 4 / 2f }
        job.bundle(logits)
        job.request("check", 0, 1)
        val result = job.perform().getJSONObject("result")
        for ((number, reference) in listOf(probabilities(logits), logits).withIndex()) {
            val expected = Closeness.of(reference, job.output(0, "output-$number-0.raw"), "logits")
            val parity = closeness(result, number, if (number == 0) "probabilities" else "logits")
            assertEquals(expected.sqnrDb, parity.getDouble("sqnr_db"))
            assertEquals(expected.maxDifference, parity.getDouble("max_difference"))
        }
    }

    private fun probabilities(logits: FloatArray): FloatArray =
        (logits.indices step TestJob.CLASSES).flatMap { softmax(logits.copyOfRange(it, it + TestJob.CLASSES)).toList() }
            .toFloatArray()

    @Test
    fun `a gpu that refuses is a failure of that file alone`() {
        job.request("run", 0).put("accelerator", "gpu")
        val result = job.perform().getJSONObject("result")
        val file = result.getJSONArray("files").getJSONObject(0)
        assertEquals("a.tflite: the GPU refuses SOFTMAX", file.getString("failure"))
        assertTrue(file.isNull("runtime"))
        assertTrue(result.getJSONArray("outputs").isNull(0))
    }

    @Test
    fun `a bundle is checked by its golden vectors`() {
        val reference = job.expected().also { it[0] += 0.25f }
        job.bundle(reference)
        job.request("check", 0, 1)
        val result = job.perform().getJSONObject("result")
        val parity = closeness(result, 1, "logits")
        val logits = job.output(0, "output-1-0.raw")
        val expected = Closeness.of(reference, logits, "logits")
        assertEquals(expected.sqnrDb, parity.getDouble("sqnr_db"))
        assertEquals(expected.cosine, parity.getDouble("cosine"))
        assertEquals(0.25, parity.getDouble("max_difference"), 1e-4)
        val same = result.getJSONArray("parities").getJSONObject(1).getDouble("agreement")
        assertEquals(agreement(reference, logits, TestJob.CLASSES, 1), same)
    }

    private fun closeness(result: JSONObject, number: Int, output: String): JSONObject =
        result.getJSONArray("parities").getJSONObject(number).getJSONObject("outputs").getJSONObject(output)

    @Test
    fun `each map of a detector is told by its name`() {
        val logits = Triple("class_logits_p3", listOf(1, 1, 9), "NHWC")
        job.outputs(0, logits, Triple("box_deltas_p3", listOf(1, 1, 36), "NHWC"))
        job.outputs(1, Triple("boxes", listOf(9, 4), ""), Triple("scores", listOf(9, 1), ""))
        fun reference(values: Int) = FloatArray(TestJob.IMAGES * values) { it % 5 - 2f }
        val golden = mapOf(
            "class_logits_p3" to (listOf(9, 1, 1) to reference(9)),
            "box_deltas_p3" to (listOf(36, 1, 1) to reference(36)),
        )
        job.bundle("detection", "CHW", golden)
        job.request("check", 0, 1)
        val result = job.perform().getJSONObject("result")
        for ((number, name) in listOf("class_logits_p3", "box_deltas_p3").withIndex()) {
            val array = result.getJSONArray("outputs").getJSONObject(0).getJSONObject(name)
            assertEquals("output-0-$number.raw", array.getString("file"))
            assertEquals("[3,${if (number == 0) 9 else 36},1,1]", array.getJSONArray("shape").toString())
            val expected = Closeness.of(golden.getValue(name).second, job.output(0, array.getString("file")), name)
            assertEquals(expected.sqnrDb, closeness(result, 0, name).getDouble("sqnr_db"))
        }
        assertTrue(result.getJSONArray("parities").getJSONObject(0).isNull("agreement"))
        // Boxes are computed from maps, and judged by the computer.
        val boxes = result.getJSONArray("outputs").getJSONObject(1).getJSONObject("boxes")
        assertEquals("[3,9,4]", boxes.getJSONArray("shape").toString())
        assertEquals(0, result.getJSONArray("parities").getJSONObject(1).getJSONObject("outputs").length())
    }

    @Test
    fun `maps of a segmenter are told channels first`() {
        job.outputs(0, Triple("logits", listOf(4, 4, 2), "NHWC"))
        job.outputs(1, Triple("logits", listOf(2, 4, 4), "NCHW"))
        job.request("run", 0, 1)
        assertEquals("done", job.perform().getString("outcome"))
        val (rows, planes) = listOf("output-0-0.raw", "output-1-0.raw").map { job.output(0, it) }
        // The fake computes values in the file's own order.
        for (image in 0 until TestJob.IMAGES) {
            for (index in 0 until 32) {
                assertEquals(planes[image * 32 + index], rows[image * 32 + index % 2 * 16 + index / 2])
            }
        }
        job.bundle("segmentation", "CHW", mapOf("logits" to (listOf(2, 4, 4) to planes)))
        job.request("check", 1)
        val result = job.perform(1).getJSONObject("result")
        assertEquals("exact", closeness(result, 0, "logits").get("sqnr_db"))
        assertEquals(100.0, result.getJSONArray("parities").getJSONObject(0).getDouble("agreement"))
    }

    @Test
    fun `logits that are not finite are a failure`() {
        job.bundle(job.expected())
        job.request("check", 0)
        job.factory.weight = { _, _ -> Double.NaN }
        val result = job.perform().getJSONObject("result")
        assertTrue("NaN" in result.getJSONArray("files").getJSONObject(0).getString("failure"))
        assertTrue(result.getJSONArray("outputs").isNull(0))
        assertTrue(result.getJSONArray("parities").isNull(0))
    }

    @Test
    fun `the same logits are exact`() {
        job.factory.weight = { row, column -> if (row == column) 1.0 else 0.0 }
        job.request("run", 0)
        job.perform()
        val own = job.output(0, "output-0-0.raw")
        job.bundle(own)
        job.request("check", 0)
        val parity = closeness(job.perform(1).getJSONObject("result"), 0, "logits")
        assertEquals("exact", parity.get("sqnr_db"))
    }

    @Test
    fun `bundles that are not sound are refused`() {
        val manifest = job.bundle(job.expected())
        job.request("check", 0)
        fun with(reason: String, change: (JSONObject) -> Unit) {
            val changed = JSONObject(manifest.toString()).also(change)
            job.write(changed)
            refused(reason)
        }
        with("has schema version 1, this app reads 2; export again") { it.put("schema_version", 1) }
        with("leaves the bundle's folder") {
            it.getJSONObject("golden").put("path", "../golden.npz")
        }
        with("golden.npz: differs from its hash") {
            it.getJSONObject("golden").put("sha256", "0".repeat(64))
        }
        with("absent.npz: the manifest names it, but it is missing") {
            it.getJSONObject("golden").put("path", "absent.npz")
        }
        with("a.tflite: differs from its hash in the manifest") {
            it.getJSONArray("artifacts").getJSONObject(0).getJSONObject("file").put("sha256", "0".repeat(64))
        }
        with("is no file of the bundle") {
            it.put("artifacts", JSONArray(listOf(it.getJSONArray("artifacts").getJSONObject(1))))
        }
        job.write(manifest)
        File(job.folder, "0/a.tflite").writeText("the file 0/A.tflite")
        refused("a.tflite: differs from its hash; send it again")
        File(job.folder, "0/manifest.json").delete()
        refused("manifest.json: cannot be read")
    }

    @Test
    fun `files are timed in turns`() {
        job.factory.costMs = { if (it == "a.tflite") 2.0 else 3.0 + job.factory.runs.size % 7 }
        job.request("time", 0, 1).put("first", 1)
        val result = job.perform().getJSONObject("result")
        assertEquals(listOf("b.tflite", "a.tflite"), job.factory.opened)
        // Each timed run follows an untimed one of the same file, and five rounds do not count.
        assertEquals(List(35) { listOf("b.tflite", "b.tflite", "a.tflite", "a.tflite") }.flatten(), job.factory.runs)
        val times = List(2) { index ->
            val own = result.getJSONArray("milliseconds").getJSONArray(index)
            DoubleArray(own.length()) { own.getDouble(it) }
        }
        assertEquals(List(30) { 2.0 }, times[0].toList())
        // The runs that are timed of b are those numbered 2, 6, 10, ... from 1.
        assertEquals(List(30) { 3.0 + (4 * (it + 5) + 2) % 7 }, times[1].toList())
        for (number in 0..1) {
            val summary = result.getJSONArray("summaries").getJSONObject(number)
            val expected = LatencySummary.of(times[number])
            assertEquals(expected.runs, summary.getInt("runs"))
            assertEquals(expected.medianMs, summary.getDouble("median_ms"))
            assertEquals(expected.p99Ms, summary.getDouble("p99_ms"))
        }
    }

    @Test
    fun `a file alone`() {
        job.request("alone", 0)
        val result = job.perform().getJSONObject("result")
        assertEquals(LinearFactory.OPENING_MS, result.getDouble("load_ms"))
        assertEquals(1.0, result.getDouble("first_ms"))
        assertEquals(12.5, result.getDouble("peak_mb"))
        assertEquals(2, result.getInt("batch"))
        assertEquals("Linear 1", result.getString("runtime"))
        assertEquals(6, job.factory.runs.size)
        assertEquals(listOf("TFLITE"), job.loaded)
        assertEquals(1, job.memory.restarts)
    }

    @Test
    fun `files run for minutes`() {
        job.request("endurance", 0, 1).put("seconds", 6)
        job.factory.costMs = { if (it == "a.tflite") 2.0 else if (job.clock.now < 3e9) 4.0 else 8.0 }
        job.phone.state = job.phone.state.copy(thermalStatus = null)
        val answer = job.perform()
        assertTrue(answer.isNull("throttled"))
        val result = answer.getJSONObject("result")
        val moments = result.getJSONArray("moments")
        assertEquals(WINDOWS, moments.length())
        val last = moments.getJSONObject(WINDOWS - 1)
        assertEquals(6.0, last.getDouble("seconds"), 0.1)
        assertEquals(1800.0, last.getDouble("megahertz"))
        assertEquals(30.5, last.getDouble("celsius"))
        assertTrue(last.isNull("thermal_status"))
        val windows = result.getJSONArray("windows").getJSONArray(1)
        assertEquals(4.0, windows.getJSONObject(0).getDouble("median_ms"))
        assertEquals(8.0, windows.getJSONObject(WINDOWS - 1).getDouble("median_ms"))
        val slices = windows.getJSONObject(0).getJSONArray("slices_ms")
        assertEquals(SLICES, slices.length())
        assertEquals(6, job.steps.last().total)
        assertTrue(job.steps.last().done in 5..6)
        // 0.5 s with 12 ms a round.
        assertTrue(windows.getJSONObject(0).getInt("runs") in 40..44)
    }

    @Test
    fun `slices are numpy's`() {
        val times = DoubleArray(12) { it.toDouble() }
        assertEquals(listOf(3, 3, 2, 2, 2), slices(times).map { it.size })
        assertEquals(times.toList(), slices(times).flatMap { it.toList() })
    }

    @Test
    fun `a computer that has had enough`() {
        job.request("time", 0).put("rounds", 100_000)
        job.factory.onRun = { if (job.factory.runs.size == 2000) File(job.folder, "cancel").writeText("") }
        refused("cancelled by the computer", Outcome.CANCELLED)
        // It is looked for once a second, which is 500 rounds of 2 ms.
        assertTrue(job.factory.runs.size in 2000..3100, "${job.factory.runs.size}")
    }

    @Test
    fun `a person who has had enough`() {
        job.request("endurance", 0)
        job.factory.onRun = { if (job.factory.runs.size == 300) job.cancelled = "cancelled on the phone" }
        refused("cancelled on the phone", Outcome.CANCELLED)
        assertTrue(job.factory.runs.size in 300..301)
    }

    @Test
    fun `time that is over`() {
        for (task in listOf("run", "time", "endurance")) {
            job = TestJob(File(root, task))
            job.request(task, 0).put("timeout_s", 3)
            job.factory.costMs = { 3500.0 }
            refused("not done within the 3 s that the job allows", Outcome.TIMEOUT)
        }
    }

    @Test
    fun `a battery that is nearly empty`() {
        job.request("alone", 0)
        job.phone.state = job.phone.state.copy(batteryPercent = 14)
        refused("the battery is at 14 % and not charging; charge it above 15 %", Outcome.LOW_BATTERY)
        assertEquals(emptyList<String>(), job.factory.opened)
        job.phone.state = job.phone.state.copy(charging = true)
        assertEquals("done", job.perform().getString("outcome"))
        job.phone.state = PhoneState(null, null, null, null, null)
        assertEquals("done", job.perform().getString("outcome"))
    }

    @Test
    fun `a battery that runs down meanwhile`() {
        job.request("endurance", 0)
        job.factory.onRun = {
            if (job.clock.now > 20e9) job.phone.state = job.phone.state.copy(batteryPercent = 9)
        }
        refused("the battery is at 9 %", Outcome.LOW_BATTERY)
        assertTrue(job.clock.now < 22e9)
    }

    @Test
    fun `throttling is marked`() {
        job.request("time", 0).put("rounds", 2000)
        job.factory.onRun = {
            val hot = job.clock.now in 1_500_000_000L..2_800_000_000L
            job.phone.state = job.phone.state.copy(thermalStatus = if (hot) 3 else 0)
        }
        val answer = job.perform()
        assertEquals("done", answer.getString("outcome"))
        assertTrue(answer.getBoolean("throttled"))
        assertEquals(3, answer.getInt("worst_thermal_status"))
        assertEquals(0, answer.getJSONObject("before").getInt("thermal_status"))
        assertEquals(0, answer.getJSONObject("after").getInt("thermal_status"))
        assertEquals(30.5, answer.getJSONObject("after").getDouble("battery_celsius"))
        job = TestJob(File(root, "cool"))
        job.request("time", 0)
        assertFalse(job.perform().getBoolean("throttled"))
    }

    @Test
    fun `what a job may not say`() {
        fun with(reason: String, task: String = "run", change: (JSONObject) -> Unit) {
            job = TestJob(File(root, "${File(root.path).list().orEmpty().size}"))
            job.request(task, 0)
            change(job.json)
            refused(reason)
            assertEquals(emptyList<String>(), job.factory.opened)
        }
        fun file(json: JSONObject) = json.getJSONArray("files").getJSONObject(0)
        fun request(json: JSONObject) = json.getJSONArray("requests").getJSONObject(0)
        with("the job is of protocol 1, this app does 3") { it.put("protocol", 1) }
        with("protocol is missing") { it.remove("protocol") }
        with("'surprise' is not a known field") { it.put("surprise", 1) }
        with("there is no number 0") { it.put("requests", JSONArray()) }
        for (path in listOf("../a.tflite", "/data/a.tflite", "0/../../a.tflite", "0\\a.tflite", "c:/a.tflite")) {
            with("leaves the job's folder") { file(it).put("path", path) }
        }
        with("'0/a.tflite\\u000a'") { file(it).put("path", "0/a.tflite\n") }
        with("this app has no runtime for '0/a.onnx'") { file(it).put("path", "0/a.onnx") }
        with("sha256 must be 64 hex digits") { file(it).put("sha256", "x") }
        with("a.tflite: is not 3 bytes long") { file(it).put("bytes", 3) }
        with("c.tflite: the job names it, but it is missing") { file(it).put("path", "0/c.tflite") }
        with("files.0.input is missing") { file(it).remove("input") }
        with("outputs.0: is not the reals of 2 images") {
            file(it).getJSONArray("outputs").getJSONObject(0).put("shape", JSONArray(listOf(1, 5)))
        }
        with("is not the reals of 2 images") {
            file(it).getJSONArray("outputs").getJSONObject(0).put("dtype", "uint8")
        }
        with("outputs: are none, or two of one name") { file(it).put("outputs", JSONArray()) }
        with("int8, and it alone, needs a quantization") {
            val quantization = JSONObject("""{"scale": 1, "zero_point": 0}""")
            file(it).getJSONObject("input").put("dtype", "uint8").put("quantization", quantization)
        }
        with("leaves one open") {
            file(it).getJSONObject("input").put("shape", JSONArray(listOf(JSONObject.NULL, 4, 4, 3)))
        }
        with("a.tflite: differs from its hash") { file(it).put("sha256", "0".repeat(64)) }
        with("task: 'dance' is unknown") { request(it).put("task", "dance") }
        with("files: there is no number 7") { request(it).put("files", JSONArray(listOf(7))) }
        with("accelerator: 'npu' is unknown") { request(it).put("accelerator", "npu") }
        with("threads must be from 1 to 64, not 0") { request(it).put("threads", 0) }
        with("timeout_s must be above 0") { request(it).put("timeout_s", 0) }
        with("first must be from 0 to 0, not 1", "time") { request(it).put("first", 1) }
        with("rounds must be from 1", "time") { request(it).put("rounds", 0) }
        with("files: there is none", "alone") { request(it).put("files", JSONArray()) }
        with("seconds must be above 0", "endurance") { request(it).put("seconds", -1) }
        with("bundle: '..' leaves the job's folder", "check") { request(it).put("bundle", "..") }
        with("is no name of a raw file") { request(it).getJSONObject("pixels").put("file", "../x.raw") }
        with("is no uint8 [N, H, W, 3]") { request(it).getJSONObject("pixels").put("dtype", "float32") }
        with("pixels.raw: is not the 192 bytes that its shape says") {
            request(it).put("pixels", TestJob.array("pixels.raw", listOf(4, 4, 4, 3)))
        }
        with("too many values") {
            request(it).put("pixels", TestJob.array("pixels.raw", listOf(1 shl 30, 1 shl 30, 4, 3)))
        }
    }

    @Test
    fun `images of another size are a failure of the file`() {
        File(job.folder, "pixels.raw").writeBytes(ByteArray(2 * 8 * 8 * 3))
        job.request("run", 0).put("pixels", TestJob.array("pixels.raw", listOf(2, 8, 8, 3)))
        val files = job.perform().getJSONObject("result").getJSONArray("files")
        assertTrue("not images of 8 x 8 pixels" in files.getJSONObject(0).getString("failure"))
    }

    @Test
    fun `what nobody would wait for is thrown`() {
        val surroundings = Surroundings(job.clock, job.phone, job.memory) { null }
        val lab = Lab(job.factory, surroundings, emptyMap()) {}
        fun thrown(folder: File): String =
            assertThrows(EdgeException::class.java) { lab.perform(folder, 0, job.answers, { null }) {} }.message.orEmpty()
        assertTrue("is no job" in thrown(File(root, "elsewhere")))
        assertTrue("holds no job that can be read" in thrown(job.folder))
        File(job.folder, "job.json").writeText("{\"protocol\": 2")
        assertTrue("job.json: " in thrown(job.folder))
        assertFalse(job.answers.exists())
    }

    @Test
    fun `a runtime that fails ends the request with its words`() {
        job.request("time", 0).put("accelerator", "gpu")
        refused("a.tflite: the GPU refuses SOFTMAX")
    }
}
