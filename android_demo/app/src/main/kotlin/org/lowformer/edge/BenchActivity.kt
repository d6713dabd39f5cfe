package org.lowformer.edge

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.os.Bundle
import android.widget.Toast
import org.lowformer.edge.screen.BenchAction
import org.lowformer.edge.screen.BenchEvent
import org.lowformer.edge.screen.BenchView

/**
 * Measures all files of a bundle on all accelerators, and keeps what comes of it.
 *
 * Whoever leaves it ends the measuring: what runs behind another app is slowed down.
 */
class BenchActivity : Activity(), BenchScreen {
    private val bench: Bench by lazy { (application as DemoApplication).bench }
    private val views: BenchViews by lazy { BenchViews(window.decorView, bench::send, ::act) }
    private var name = ""

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.bench)
    }

    override fun onStart() {
        super.onStart()
        bench.attach(this)
        name = intent.getStringExtra(NAME).orEmpty()
        bench.send(BenchEvent.Opened(intent.getStringExtra(BUNDLE).orEmpty(), name))
    }

    override fun onStop() {
        if (!isChangingConfigurations) bench.send(BenchEvent.CancelWished(getString(R.string.bench_left)))
        bench.detach(this)
        super.onStop()
    }

    override fun show(view: BenchView) = views.show(view)

    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        val uri = data?.data?.takeIf { resultCode == RESULT_OK && requestCode == SAVE } ?: return
        bench.send(BenchEvent.SaveWished(uri.toString()))
    }

    private fun act(action: BenchAction) {
        when (action) {
            BenchAction.BEGIN -> bench.send(BenchEvent.BeginWished)
            BenchAction.CANCEL -> bench.send(BenchEvent.CancelWished(getString(R.string.bench_cancelled)))
            BenchAction.SAVE -> askWhere()
        }
    }

    /** It needs no permission: only what is picked may be written. */
    private fun askWhere() {
        val picker = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
            .setType("application/json").putExtra(Intent.EXTRA_TITLE, "$name-phone.json")
        try {
            startActivityForResult(picker, SAVE)
        } catch (_: ActivityNotFoundException) {
            Toast.makeText(this, R.string.no_picker, Toast.LENGTH_LONG).show()
        }
    }

    internal companion object {
        /** Extras of the intent: the bundle's id and its name. */
        const val BUNDLE = "bundle"
        const val NAME = "name"
        private const val SAVE = 1
    }
}
