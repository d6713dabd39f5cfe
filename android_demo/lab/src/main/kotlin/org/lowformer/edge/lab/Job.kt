package org.lowformer.edge.lab

import java.io.File
import java.io.IOException
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ElementType
import org.lowformer.edge.core.Fields
import org.lowformer.edge.core.FileRecord
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.Preprocessing
import org.lowformer.edge.core.StrictJson
import org.lowformer.edge.core.TensorSpec
import org.lowformer.edge.core.shown

/** Reads jobs of the device protocol. */
object Job {
    /** The version of the device protocol. */
    const val PROTOCOL = 3

    /** The job's name in its folder. */
    const val FILE_NAME = "job.json"

    private val DIGEST = Regex("[0-9a-f]{64}")
    private const val MOST_THREADS = 64
    private const val MOST_ROUNDS = 1_000_000

    /**
     * What a job's folder holds.
     *
     * @throws EdgeException there is none, or it is no JSON object.
     */
    fun open(folder: File): Fields {
        val text = try {
            File(folder, FILE_NAME).readText()
        } catch (error: IOException) {
            throw EdgeException("$folder: holds no job that can be read (${error.message})", error)
        }
        return try {
            Fields(StrictJson.parse(text), "")
        } catch (error: EdgeException) {
            throw EdgeException("$FILE_NAME: ${error.message}; send it again", error)
        }
    }

    /**
     * One of a job's requests, with the files that it names.
     *
     * @param folder the job's.
     * @param number of the request.
     * @throws EdgeException it is of another protocol, a field is missing, unknown or wrong, a path leaves the
     *   folder, or a file is missing or of another size.
     */
    fun request(fields: Fields, folder: File, number: Int): Request {
        val protocol = fields.int("protocol")
        if (protocol != PROTOCOL) {
            throw EdgeException(
                "the job is of protocol $protocol, this app does $PROTOCOL; install the app of the same version",
            )
        }
        return try {
            fields.named("protocol", "files", "requests")
            val files = fields.records("files").map { file(it, folder) }
            val requests = fields.records("requests")
            if (number !in requests.indices) {
                throw EdgeException("requests: there is no number $number, only ${requests.size} of them")
            }
            request(requests[number], files)
        } catch (error: EdgeException) {
            throw EdgeException("$FILE_NAME: ${error.message}", error)
        }
    }

    private fun file(fields: Fields, folder: File): JobFile {
        fields.named("path", "sha256", "bytes", "input", "outputs")
        val path = fields.text("path")
        inside(path, "${fields.place}.path")
        val format = Format.of(path)
            ?: throw EdgeException("${fields.place}.path: this app has no runtime for ${shown(path)}")
        val digest = fields.text("sha256")
        if (!DIGEST.matches(digest)) throw EdgeException("${fields.place}.sha256 must be 64 hex digits")
        val input = TensorSpec.parse(fields.fields("input"))
        val model = ModelFile(File(folder, path), format, input, outputs(fields, input.batch))
        return JobFile(path, digest, fields.long("bytes"), model)
    }

    private fun outputs(fields: Fields, batch: Int): List<TensorSpec> {
        val outputs = fields.records("outputs").map { TensorSpec.parse(it) }
        for ((index, output) in outputs.withIndex()) {
            if (output.batch != batch || output.type == ElementType.UINT8) {
                throw EdgeException("${fields.place}.outputs.$index: is not the reals of $batch images")
            }
        }
        if (outputs.isEmpty() || outputs.distinctBy { it.name }.size != outputs.size) {
            throw EdgeException("${fields.place}.outputs: are none, or two of one name")
        }
        return outputs
    }

    private fun inside(path: String, place: String) {
        if (!FileRecord.staysInside(path)) throw EdgeException("$place: ${shown(path)} leaves the job's folder")
    }

    private fun request(fields: Fields, files: List<JobFile>): Request {
        val shared = arrayOf("task", "files", "threads", "accelerator", "timeout_s")
        return when (val task = fields.text("task")) {
            "run" -> {
                fields.named(*shared, "pixels", "preprocessing")
                RunRequest(
                    common(fields, files),
                    RawArray.parse(fields.fields("pixels")),
                    Preprocessing.parse(fields.fields("preprocessing")),
                )
            }
            "check" -> {
                fields.named(*shared, "bundle")
                val bundle = fields.text("bundle")
                inside(bundle, "${fields.place}.bundle")
                CheckRequest(common(fields, files), bundle)
            }
            "alone" -> {
                fields.named(*shared)
                AloneRequest(some(common(fields, files), fields.place))
            }
            "time" -> {
                fields.named(*shared, "rounds", "first")
                val common = some(common(fields, files), fields.place)
                val rounds = within(fields, "rounds", 1..MOST_ROUNDS)
                TimeRequest(common, rounds, within(fields, "first", common.files.indices))
            }
            "endurance" -> {
                fields.named(*shared, "seconds")
                EnduranceRequest(some(common(fields, files), fields.place), positive(fields, "seconds"))
            }
            else -> throw EdgeException("${fields.place}.task: ${shown(task)} is unknown")
        }
    }

    private fun common(fields: Fields, files: List<JobFile>): Common {
        val id = fields.text("accelerator")
        val accelerator = Accelerator.entries.find { it.id == id }
            ?: throw EdgeException("${fields.place}.accelerator: ${shown(id)} is unknown")
        val named = fields.ints("files").map {
            files.getOrNull(it) ?: throw EdgeException("${fields.place}.files: there is no number $it")
        }
        for (file in named) {
            file.checkSize()
        }
        return Common(named, within(fields, "threads", 1..MOST_THREADS), accelerator, positive(fields, "timeout_s"))
    }

    private fun some(common: Common, place: String): Common {
        if (common.files.isEmpty()) throw EdgeException("$place.files: there is none")
        return common
    }

    private fun within(fields: Fields, name: String, range: IntRange): Int {
        val value = fields.int(name)
        if (value !in range) {
            throw EdgeException("${fields.place}.$name must be from ${range.first} to ${range.last}, not $value")
        }
        return value
    }

    private fun positive(fields: Fields, name: String): Double {
        val value = fields.real(name)
        if (value <= 0) throw EdgeException("${fields.place}.$name must be above 0")
        return value
    }
}
