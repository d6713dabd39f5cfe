package org.lowformer.edge.lab

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import org.json.JSONObject
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.RunnerFactory

/**
 * Does requests of the device protocol, see `docs/device-protocol.md`; one in each process.
 *
 * @param factory opens files.
 * @param surroundings clock, power, heat and memory.
 * @param machine what the app knows of itself and of its runtimes.
 * @param loadRuntime loads the native library of a format's runtime, if it is not there yet.
 */
class Lab(
    private val factory: RunnerFactory,
    private val surroundings: Surroundings,
    private val machine: Map<String, String>,
    private val loadRuntime: (Format) -> Unit,
) {
    /**
     * Does a request, and leaves an answer whatever becomes of it.
     *
     * @param folder the job's, whose name is 16 hex digits.
     * @param number of the request.
     * @param root where answers go, each job's in a folder of its name, each request's in one of its number.
     * @param cancelled why somebody at the phone asked for an end, or null; from any thread.
     * @param listener is told how far it is, on this thread.
     * @return how it ended.
     * @throws EdgeException the job cannot be read at all, so that nobody would wait for an answer.
     */
    fun perform(
        folder: File,
        number: Int,
        root: File,
        cancelled: () -> String?,
        listener: (Step) -> Unit,
    ): Outcome {
        if (!TOKEN.matches(folder.name) || number < 0) {
            throw EdgeException("$folder, request $number: is no job; start it by lowformer-bench or lowformer-verify")
        }
        val fields = Job.open(folder)
        val answers = File(root, "${folder.name}/$number")
        if (!answers.isDirectory && !answers.mkdirs()) throw EdgeException("$answers: cannot be made")
        val watch = Watch(surroundings, File(folder, CANCEL), cancelled)
        val progress = Progress(File(answers, PROGRESS), surroundings.clock, listener)
        val answer = Answer.to(watch, machine) {
            val request = Job.request(fields, folder, number)
            watch.limit(request.common.timeoutSeconds)
            watch.check()
            result(request, folder, answers, watch, progress)
        }
        write(answer.json.toString(), File(answers, ANSWER))
        return answer.outcome
    }

    private fun result(request: Request, folder: File, answers: File, watch: Watch, progress: Progress): JSONObject {
        val run = ImageRun(answers, factory, watch, progress)
        return when (request) {
            is RunRequest -> runImages(request, folder, run)
            is CheckRequest -> checkBundle(request.common, File(folder, request.bundle), run, answers)
            is AloneRequest -> measureAlone(request, factory, loadRuntime, surroundings, watch, progress)
            is TimeRequest -> timeFiles(request, factory, surroundings, watch, progress)
            is EnduranceRequest -> runFor(request, factory, surroundings, watch, progress)
        }
    }

    private fun runImages(request: RunRequest, folder: File, run: ImageRun): JSONObject {
        val shape = request.pixels.shape
        if (request.pixels.type != RawArray.Type.UINT8 || shape.size != IMAGES || shape.last() != CHANNELS) {
            throw EdgeException("${request.pixels.file}: is no uint8 [N, H, W, 3]")
        }
        for (file in request.common.files) {
            file.checkHash()
        }
        val images = Images(shape[0], shape[1], shape[2], request.pixels.read(folder))
        return toJson(run.run(request.common, images, request.preprocessing))
    }

    /** Writes a file whole or not at all. */
    private fun write(text: String, file: File) {
        val beside = File(file.parentFile, "${file.name}.tmp")
        try {
            FileOutputStream(beside).use { stream ->
                stream.write(text.toByteArray())
                stream.fd.sync()
            }
            replace(beside, file)
        } catch (error: IOException) {
            throw EdgeException("$file: cannot be written (${error.message})", error)
        }
    }

    private companion object {
        val TOKEN = Regex("[0-9a-f]{16}")
        const val CANCEL = "cancel"
        const val ANSWER = "answer.json"
        const val PROGRESS = "progress"
        const val IMAGES = 4
        const val CHANNELS = 3
    }
}
