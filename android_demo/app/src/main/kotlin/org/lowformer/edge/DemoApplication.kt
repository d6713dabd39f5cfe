package org.lowformer.edge

import android.app.Application
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/** What lives as long as the process: there is one thread that computes, whichever screen is in front. */
class DemoApplication : Application() {
    /** The runtimes of this build. */
    val runtimes: Runtimes by lazy {
        Runtimes(RuntimeVersions(getString(R.string.litert_version), getString(R.string.executorch_version)))
    }

    internal val demo: Demo by lazy { Demo(this, runtimes) }
}
