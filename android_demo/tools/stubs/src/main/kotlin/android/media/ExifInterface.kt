package android.media

import java.io.InputStream

/** What the app uses of Android's class since API 24; only to compile against. */
class ExifInterface(
    @Suppress("UNUSED_PARAMETER") stream: InputStream,
) {
    fun getAttributeInt(@Suppress("UNUSED_PARAMETER") tag: String, defaultValue: Int): Int = defaultValue

    companion object {
        const val ORIENTATION_NORMAL = 1
        const val TAG_ORIENTATION = "Orientation"
    }
}
