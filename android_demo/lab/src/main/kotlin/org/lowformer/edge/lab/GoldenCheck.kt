package org.lowformer.edge.lab

import java.io.File
import java.io.IOException
import org.json.JSONArray
import org.json.JSONObject
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.FileRecord
import org.lowformer.edge.core.GoldenVectors
import org.lowformer.edge.core.Manifest
import org.lowformer.edge.core.Parity
import org.lowformer.edge.core.digestOf
import org.lowformer.edge.core.sizeOf

/**
 * Checks files of a bundle by their hashes and by its golden vectors.
 *
 * Of the bundle only the manifest, the golden vectors and the job's files need be there.
 *
 * @param folder the bundle's.
 * @param answers where the logits are written.
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
    val judged = runs.map { judged(it, golden) }
    val parities = judged.map { (_, parity) -> parity?.let { toJson(it) } ?: JSONObject.NULL }
    return writeRuns(judged.map { (run, _) -> run }, answers).put("parities", JSONArray(parities))
}

/** A file's run with its parity; logits that cannot be compared are a failure of it. */
private fun judged(run: FileRun, golden: GoldenVectors): Pair<FileRun, Parity?> {
    val logits = run.logits ?: return run to null
    return try {
        val reference = if (run.file.model.givesProbabilities) golden.probabilities() else golden.logits
        run to Parity.of(reference, logits, golden.classes)
    } catch (error: EdgeException) {
        FileRun(run.file, oneLine(error), null, null, null) to null
    }
}

private fun toJson(parity: Parity): JSONObject = JSONObject()
    .put("sqnr_db", parity.sqnrDb ?: "exact")
    .put("cosine", parity.cosine)
    .put("max_difference", parity.maxDifference)
    .put("agreement", parity.agreement)

/** Holds that a file is what the bundle's manifest states. */
private fun checkStated(file: JobFile, folder: File, bundle: Bundle) {
    file.checkHash()
    val model = bundle.models.find { it.file.file == file.model.file }
        ?: throw EdgeException("${file.name}: is no file of the bundle ${folder.name} that this app runs")
    if (model.artifact.sha256 != file.sha256 || model.artifact.bytes != file.bytes) {
        throw EdgeException("${file.name}: differs from its hash in the manifest; copy the bundle or export again")
    }
    if (model.file.input != file.model.input || model.file.output != file.model.output) {
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
