package androidx.test.platform.app

import android.app.Instrumentation

/** What the app's tests on a phone use of AndroidX's class; compiled against, and never run. */
object InstrumentationRegistry {
    @JvmStatic
    fun getInstrumentation(): Instrumentation = throw UnsupportedOperationException("a stand-in for compiling")
}
