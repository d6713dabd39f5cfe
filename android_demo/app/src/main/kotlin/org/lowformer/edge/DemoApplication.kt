package org.lowformer.edge

import android.app.Application
import java.io.File
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/** What lives as long as the process: there is one thread that computes, whichever screen is in front. */
class DemoApplication : Application() {
    internal val demo: Demo by lazy {
        val versions = RuntimeVersions(getString(R.string.litert_version), getString(R.string.executorch_version))
        // Android empties this folder when the app or Android itself, and with it the GPU's driver, is another one.
        Demo(this, Runtimes(versions, File(codeCacheDir, "gpu")))
    }
}
