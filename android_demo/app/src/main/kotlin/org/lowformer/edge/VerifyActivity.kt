package org.lowformer.edge

import android.app.Activity
import android.os.Bundle
import android.os.SystemClock
import android.view.View
import android.view.WindowManager
import android.widget.ProgressBar
import android.widget.TextView
import java.io.File
import org.lowformer.edge.lab.Clock
import org.lowformer.edge.lab.KernelClocks
import org.lowformer.edge.lab.KernelMemory
import org.lowformer.edge.lab.Lab
import org.lowformer.edge.lab.Step
import org.lowformer.edge.lab.Surroundings
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/**
 * Lab mode: does what a computer asks over adb, see `docs/device-protocol.md`.
 *
 * Only adb's shell may start it, with the job's folder and a request's number. It shows how far it is, and closes
 * when it is done. Whoever leaves it ends the request: what runs behind another app is slowed down.
 */
class VerifyActivity : Activity(), LabWork.Screen {
    private lateinit var work: LabWork

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        setContentView(R.layout.verify)
        view(R.id.lab_cancel).setOnClickListener { button ->
            button.isEnabled = false
            work.cancel(CANCELLED)
        }
        // A screen that turns is another screen of the same work. Older SDKs would have fragments for it.
        @Suppress("DEPRECATION")
        val former = lastNonConfigurationInstance as? LabWork
        work = former ?: begin()
        work.showOn(this)
    }

    @Suppress("OVERRIDE_DEPRECATION")
    override fun onRetainNonConfigurationInstance(): Any = work

    override fun onStop() {
        super.onStop()
        if (!isChangingConfigurations) work.cancel(if (isFinishing) CANCELLED else LEFT)
    }

    override fun onDestroy() {
        work.showOn(null)
        super.onDestroy()
    }

    override fun show(step: Step) {
        (view(R.id.lab_step) as TextView).text = getString(R.string.lab_step, step.what)
        val bar = view(R.id.lab_progress) as ProgressBar
        bar.max = step.total
        bar.progress = step.done
        bar.isIndeterminate = step.total == 0
    }

    override fun close() = finish()

    private fun view(id: Int): View = findViewById(id)

    private fun begin(): LabWork {
        val folder = requireNotNull(intent.getStringExtra(JOB)) { "no job: lowformer-bench --on adb starts this" }
        val root = checkNotNull(getExternalFilesDir(null)) { "this phone has no room for answers now" }
        val clock = Clock { SystemClock.elapsedRealtimeNanos() }
        val surroundings = Surroundings(clock, PhonePower(applicationContext), KernelMemory(), KernelClocks())
        val versions = RuntimeVersions(getString(R.string.litert_version), getString(R.string.executorch_version))
        val runtimes = Runtimes(versions)
        val lab = Lab(runtimes, surroundings, describeApp(this, versions), runtimes::load)
        return LabWork(lab, File(folder), intent.getIntExtra(REQUEST, -1), root).apply { start() }
    }

    private companion object {
        const val JOB = "job"
        const val REQUEST = "request"
        const val CANCELLED = "cancelled on the phone"
        const val LEFT = "the app left the screen; unlock the phone, and leave the app in front"
    }
}
