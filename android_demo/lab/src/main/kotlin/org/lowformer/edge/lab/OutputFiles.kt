package org.lowformer.edge.lab

import java.io.Closeable
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.TensorSpec

/**
 * Writes the outputs of a file batch by batch, since those of all images may be more than a phone can hold.
 *
 * @property folder takes the files.
 * @param number of the file among those of the request.
 * @property outputs in the file's order.
 * @throws EdgeException the files cannot be made.
 */
internal class OutputFiles(private val folder: File, number: Int, private val outputs: List<TensorSpec>) : Closeable {
    private val names = outputs.indices.map { "output-$number-$it.raw" }
    private val streams = names.map { name -> writing(name) { FileOutputStream(File(folder, name)) } }
    private var images = 0

    /** The first image's values of each output, channels first in maps; none before there is an image. */
    var first: List<FloatArray> = emptyList()
        private set

    /** What was written, by the outputs' names. */
    val arrays: Map<String, RawArray>
        get() = outputs.indices.associate { index ->
            val shape = listOf(images) + outputs[index].perImage
            outputs[index].name to RawArray(names[index], shape, RawArray.Type.FLOAT32)
        }

    /**
     * Adds a batch.
     *
     * @param batch each output's values in the file's own layout.
     * @param count how many of its images count.
     * @throws EdgeException an output has another number of values, or cannot be written.
     */
    fun add(batch: List<FloatArray>, count: Int) {
        for ((index, output) in outputs.withIndex()) {
            if (batch[index].size != output.size) {
                throw EdgeException("the runtime gave ${batch[index].size} values of ${output.name}, not ${output.size}")
            }
        }
        for (image in 0 until count) {
            val values = outputs.mapIndexed { index, output -> output.planesOfImage(batch[index], image) }
            if (images == 0) first = values
            for ((index, own) in values.withIndex()) write(own, index)
            images++
        }
    }

    private fun write(values: FloatArray, index: Int) {
        val bytes = ByteBuffer.allocate(values.size * Float.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
        bytes.asFloatBuffer().put(values)
        writing(names[index]) { streams[index].write(bytes.array()) }
    }

    private fun <T> writing(name: String, action: () -> T): T = try {
        action()
    } catch (error: IOException) {
        throw EdgeException("$name: cannot be written (${error.message}); make room on the device", error)
    }

    /** Removes what was written. */
    fun remove() {
        close()
        for (name in names) File(folder, name).delete()
    }

    override fun close() = streams.forEach { it.close() }
}
