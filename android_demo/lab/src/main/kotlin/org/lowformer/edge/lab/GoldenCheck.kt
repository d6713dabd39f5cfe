package org.lowformer.edge.lab

import java.io.File
import java.io.IOException
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.Closeness
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.FileRecord
import org.lowformer.edge.core.GoldenVectors
import org.lowformer.edge.core.Manifest
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.Task
import org.lowformer.edge.core.agreement
import org.lowformer.edge.core.digestOf
import org.lowformer.edge.core.sizeOf

/**
 * Checks files of a bundle by their hashes and by its golden vectors.
 *
 * Of the bundle only the manifest, the golden vectors and the job's files need be there.
 *
 * @param folder the bundle's.
 * @param answers where the outputs are.
 * @throws EdgeException the manifest is damaged or of another schema, or a file is missing, not in it, or differs
 *   from its hash.
 */
internal fun checkBundle(common: Common, folder: File, run: ImageRun, answers: File): JSONObject {
    val bundle = Bundle(folder, Manifest.parse(text(File(folder, Manifest.FILE_NAME))))
    checkRecord(folder, bundle.manifest.golden)
    for (file in common.files) {
        checkStated(file, folder, bundle)
    }
    val golden = bundle.golden()
    val images = Images(golden.count, golden.height, golden.width, golden.pixels)
    val runs = run.run(common, images, bundle.manifest.preprocessing)
    val judged = runs.map { judged(it, golden, bundle.manifest.task, answers) }
    val parities = judged.map { (_, parity) -> parity ?: JSONObject.NULL }
    return toJson(judged.map { (run, _) -> run }).put("parities", JSONArray(parities))
}

/** A file's run with its parity; outputs that cannot be compared are a failure of it. */
private fun judged(run: FileRun, golden: GoldenVectors, task: Task, folder: File): Pair<FileRun, JSONObject?> {
    val outputs = run.outputs ?: return run to null
    return try {
        run to parity(run.file.model, outputs.mapValues { { it.value.floats(folder) } }, golden, task)
    } catch (error: EdgeException) {
        FileRun(run.file, oneLine(error), null, null, null) to null
    }
}

/**
 * What is told of a file's outputs: each that has a golden one, and how far results agree.
 *
 * @param outputs read the values of each by its name.
 */
private fun parity(
    model: ModelFile,
    outputs: Map<String, () -> FloatArray>,
    golden: GoldenVectors,
    task: Task,
): JSONObject {
    val told = JSONObject()
    var agreement: Double? = null
    for (output in model.outputs) {
        val values = outputs.getValue(output.name)()
        val reference = golden.reference(output.name)
        if (reference == null) {
            checkFinite(values, output.name)
            continue
        }
        told.put(output.name, toJson(Closeness.of(reference, values, output.name)))
        // What two detectors find in common is for the computer to say, which decodes both.
        if (task != Task.DETECTION) {
            val places = output.perImage.drop(1).fold(1, Int::times)
            agreement = agreement(reference, values, output.perImage.first(), places)
        }
    }
    return JSONObject().put("outputs", told).put("agreement", agreement ?: JSONObject.NULL)
}

private fun checkFinite(values: FloatArray, name: String) {
    if (!values.all { it.isFinite() }) {
        throw EdgeException("the file's $name are NaN or infinite; a weight is too large for the precision")
    }
}

private fun toJson(closeness: Closeness): JSONObject = JSONObject()
    .put("sqnr_db", closeness.sqnrDb ?: "exact")
    .put("cosine", closeness.cosine)
    .put("max_difference", closeness.maxDifference)

/** Holds that a file is what the bundle's manifest states. */
private fun checkStated(file: JobFile, folder: File, bundle: Bundle) {
    file.checkHash()
    val model = bundle.models.find { it.file.file == file.model.file }
        ?: throw EdgeException("${file.name}: is no file of the bundle ${folder.name} that this app runs")
    if (model.artifact.sha256 != file.sha256 || model.artifact.bytes != file.bytes) {
        throw EdgeException("${file.name}: differs from its hash in the manifest; copy the bundle or export again")
    }
    if (model.file.input != file.model.input || model.file.outputs != file.model.outputs) {
        throw EdgeException("${file.name}: has other inputs or outputs in the manifest than in the job")
    }
}

private fun checkRecord(folder: File, record: FileRecord) {
    val file = File(folder, record.path)
    if (!file.isFile) throw EdgeException("${record.path}: the manifest names it, but it is missing; send it again")
    if (sizeOf(file) != record.bytes || digestOf(file) != record.sha256) {
        throw EdgeException("${record.path}: differs from its hash in the manifest; copy the bundle or export again")
    }
}

private fun text(file: File): String = try {
    file.readText()
} catch (error: IOException) {
    throw EdgeException("${file.name}: cannot be read (${error.message}); send it again", error)
}
