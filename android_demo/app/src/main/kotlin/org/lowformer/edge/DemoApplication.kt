package org.lowformer.edge

import android.app.Application
import java.io.File
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/** What lives as long as the process: there is one thread that computes, whichever screen is in front. */
class DemoApplication : Application() {
    private val versions by lazy {
        RuntimeVersions(getString(R.string.litert_version), getString(R.string.executorch_version))
    }
    private val lazyDemo = lazy {
        // Android empties this folder when the app or Android itself, and with it the GPU's driver, is another one.
        Demo(this, Runtimes(versions, File(codeCacheDir, "models")))
    }

    internal val demo: Demo by lazyDemo

    internal val bench: Bench by lazy {
        Bench(this, Runtimes(versions), describeApp(this, versions) + describePhone(), demo)
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level >= TRIM_MEMORY_BACKGROUND && lazyDemo.isInitialized()) demo.release()
    }
}
