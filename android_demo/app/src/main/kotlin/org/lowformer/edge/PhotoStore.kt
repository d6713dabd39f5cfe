package org.lowformer.edge

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.screen.photoReduction

/**
 * Keeps a copy of the picked photo, and reads it. The copy outlives the leave to read the original, which ends with
 * the process.
 */
internal class PhotoStore(private val context: Context) {
    private val file = File(context.noBackupFilesDir, "photo")

    val isThere: Boolean get() = file.exists()

    /** @throws EdgeException the photo cannot be read, or is too large for one. */
    fun keep(uri: Uri) {
        file.delete()
        val part = File(context.noBackupFilesDir, "photo.part")
        try {
            val stream = stream(uri) ?: throw IOException("it is gone")
            stream.use { from -> part.outputStream().use { from.copyTo(it) } }
        } catch (error: IOException) {
            part.delete()
            throw EdgeException("It cannot be copied (${error.message}); make room, or pick another", error)
        } catch (error: SecurityException) {
            part.delete()
            throw EdgeException("Android does not let the app read it; pick it again", error)
        }
        if (!part.renameTo(file)) throw EdgeException("It cannot be kept; make room on the device")
    }

    /** What a picker gave, or one of the app's own photos. */
    private fun stream(uri: Uri): InputStream? {
        val text = uri.toString()
        if (!text.startsWith(SAMPLE)) return context.contentResolver.openInputStream(uri)
        val names = context.assets.list(SAMPLES).orEmpty().sorted()
        if (names.isEmpty()) throw IOException("this build of the app has none")
        return context.assets.open("$SAMPLES/${names[text.removePrefix(SAMPLE).toInt() % names.size]}")
    }

    /** @throws EdgeException the copy is no image that this device can decode. */
    fun read(): Photo {
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        BitmapFactory.decodeFile(file.path, bounds)
        if (bounds.outWidth <= 0 || bounds.outHeight <= 0) throw undecodable()
        val reduction = photoReduction(bounds.outWidth, bounds.outHeight, Runtime.getRuntime().maxMemory() / 2)
        val orientation = orientation()
        val image = rgb(decode(reduction, isForModel = true)).upright(orientation)
        val longest = maxOf(bounds.outWidth, bounds.outHeight)
        val shown = decode(Integer.highestOneBit(maxOf(1, longest / LONGEST_SHOWN)), isForModel = false)
        return Photo(image, upright(shown, orientation), reduction)
    }

    private fun orientation(): Int = try {
        file.inputStream().use {
            ExifInterface(it).getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
        }
    } catch (error: IOException) {
        throw EdgeException("Its EXIF data are damaged (${error.message}); pick another", error)
    }

    /**
     * Decodes the copy.
     *
     * Python drops alpha and colour profiles: so does what is for the model, which therefore keeps colours that are
     * not multiplied with alpha. Such a bitmap cannot be drawn.
     */
    private fun decode(reduction: Int, isForModel: Boolean): Bitmap {
        val options = BitmapFactory.Options().apply {
            inSampleSize = reduction
            inPremultiplied = !isForModel
            inScaled = false
        }
        return BitmapFactory.decodeFile(file.path, options) ?: throw undecodable()
    }

    /** The bytes as they were decoded: `getPixels` would convert them to sRGB. */
    private fun rgb(bitmap: Bitmap): RgbImage {
        if (bitmap.config != Bitmap.Config.ARGB_8888) throw EdgeException("It has no 8 bits a channel; pick another")
        val (width, height) = bitmap.width to bitmap.height
        val rowBytes = bitmap.rowBytes
        val source = ByteArray(bitmap.byteCount)
        bitmap.copyPixelsToBuffer(ByteBuffer.wrap(source))
        bitmap.recycle()
        val pixels = ByteArray(RgbImage.CHANNELS * width * height)
        var to = 0
        for (y in 0 until height) {
            var from = y * rowBytes
            repeat(width) {
                pixels[to] = source[from]
                pixels[to + 1] = source[from + 1]
                pixels[to + 2] = source[from + 2]
                to += RgbImage.CHANNELS
                from += BYTES_A_PIXEL
            }
        }
        return RgbImage(width, height, pixels)
    }

    /** As [RgbImage.upright], for the screen. */
    private fun upright(bitmap: Bitmap, orientation: Int): Bitmap {
        val matrix = Matrix()
        if (orientation in MIRRORED) matrix.postScale(-1f, 1f)
        matrix.postRotate(TURNS[orientation] ?: 0f)
        return Bitmap.createBitmap(bitmap, 0, 0, bitmap.width, bitmap.height, matrix, true)
    }

    private fun undecodable() = EdgeException("This device cannot decode it; pick a JPEG or a PNG")

    companion object {
        /** Begins what stands for the app's own photos, which are numbered. */
        const val SAMPLE = "sample:"
        private const val SAMPLES = "samples"
        private const val LONGEST_SHOWN = 1024
        private const val BYTES_A_PIXEL = 4
        private val MIRRORED = setOf(2, 4, 5, 7)

        /** Clockwise, after mirroring, by EXIF orientation. */
        private val TURNS = mapOf(3 to 180f, 4 to 180f, 5 to 270f, 6 to 90f, 7 to 90f, 8 to 270f)
    }
}
