package org.lowformer.edge

import android.Manifest
import android.app.Activity
import android.app.AlertDialog
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.hardware.display.DisplayManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import android.view.View
import android.view.WindowInsets
import android.widget.Toast
import org.lowformer.edge.core.Preprocessing
import org.lowformer.edge.screen.Action
import org.lowformer.edge.screen.Facing
import org.lowformer.edge.screen.FrameSize
import org.lowformer.edge.screen.Option
import org.lowformer.edge.screen.ScreenEvent
import org.lowformer.edge.screen.ScreenView

/** Demo mode: classifies what the camera sees or what is on a photo, with any file of any bundle. */
class MainActivity : Activity(), DemoScreen, DisplayManager.DisplayListener {
    private val demo: Demo by lazy { (application as DemoApplication).demo }
    private val views: MainViews by lazy { MainViews(window.decorView, demo::send, ::act) }
    private val camera: CameraView by lazy { CameraView(this, views.camera, demo::offer, demo::tell) }
    private val displays: DisplayManager by lazy { checkNotNull(getSystemService(DisplayManager::class.java)) }
    private var chosen: Option? = null
    private var question: AlertDialog? = null
    private var isPicking = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        window.decorView.part<View>(R.id.screen).setOnApplyWindowInsetsListener(::keepClear)
        window.decorView.part<View>(R.id.licences).setOnClickListener { showLicences() }
        // A screen that is made anew has seen it before.
        if (savedInstanceState == null) take(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        take(intent)
    }

    /** Another app opens a zip with this one: it is imported as a picked one is, once. */
    private fun take(intent: Intent) {
        if (intent.flags and Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY != 0) return
        val uri = intent.data?.takeIf { intent.action == Intent.ACTION_VIEW } ?: return
        demo.send(ScreenEvent.ImportWished(uri.toString(), folder = false))
    }

    override fun onStart() {
        super.onStart()
        demo.attach(this)
        demo.send(ScreenEvent.Started(mayUseCamera(), camera.facings()))
        displays.registerDisplayListener(this, null)
    }

    override fun onStop() {
        displays.unregisterDisplayListener(this)
        question?.dismiss()
        demo.send(ScreenEvent.Stopped)
        demo.detach(this, isComingBack = isChangingConfigurations || isPicking)
        super.onStop()
    }

    override fun show(view: ScreenView, photo: Bitmap?, preprocessing: Preprocessing?) {
        chosen = view.bundles.find { it.isChosen }
        views.show(view, photo)
        if (preprocessing == null) return
        views.picture.shape = FrameSize(preprocessing.size.width, preprocessing.size.height)
        camera.isWhole = preprocessing.seesAll
    }

    override fun askPermission() = requestPermissions(arrayOf(Manifest.permission.CAMERA), ASK_PERMISSION)

    override fun openCamera(facing: Facing, needed: Int) = camera.open(facing, needed)

    override fun closeCamera() = camera.close()

    /** A device that is turned upside down is not laid out anew, only this tells. */
    override fun onDisplayChanged(displayId: Int) = camera.turn()

    override fun onDisplayAdded(displayId: Int) = Unit

    override fun onDisplayRemoved(displayId: Int) = Unit

    override fun onRequestPermissionsResult(
        requestCode: Int,
        permissions: Array<out String>,
        grantResults: IntArray,
    ) {
        if (requestCode != ASK_PERMISSION) return
        // Nothing at all is answered where the question was interrupted: then it may be asked again.
        val mayAskAgain = grantResults.isEmpty() || shouldShowRequestPermissionRationale(Manifest.permission.CAMERA)
        demo.send(ScreenEvent.PermissionAnswered(mayUseCamera(), mayAskAgain))
    }

    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        isPicking = false
        val uri = data?.data?.takeIf { resultCode == RESULT_OK }?.toString() ?: return
        when (requestCode) {
            PICK_PHOTO -> demo.send(ScreenEvent.PhotoPicked(uri))
            PICK_FOLDER -> demo.send(ScreenEvent.ImportWished(uri, folder = true))
            PICK_ZIP -> demo.send(ScreenEvent.ImportWished(uri, folder = false))
        }
    }

    private fun mayUseCamera(): Boolean =
        checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

    private fun act(action: Action) {
        when (action) {
            Action.ALLOW_CAMERA -> demo.send(ScreenEvent.PermissionWished)
            Action.OPEN_SETTINGS -> openSettings()
            Action.TRY_AGAIN -> demo.send(ScreenEvent.TryAgain)
            Action.USE_CAMERA -> demo.send(ScreenEvent.CameraWished)
            Action.SWITCH_CAMERA -> demo.send(ScreenEvent.CameraSwitched)
            Action.SAMPLE_PHOTO -> demo.showSample()
            Action.BENCHMARK -> openBenchmark()
            Action.PICK_PHOTO -> pick(photoPicker(), PICK_PHOTO)
            Action.IMPORT_FOLDER -> pick(Intent(Intent.ACTION_OPEN_DOCUMENT_TREE), PICK_FOLDER)
            Action.IMPORT_ZIP -> pick(documentPicker("application/zip"), PICK_ZIP)
            Action.REMOVE_BUNDLE -> askWhetherToRemove()
        }
    }

    private fun openBenchmark() {
        val bundle = chosen ?: return
        startActivity(
            Intent(this, BenchActivity::class.java)
                .putExtra(BenchActivity.BUNDLE, bundle.id)
                .putExtra(BenchActivity.NAME, bundle.id.substringAfter('/')),
        )
    }

    private fun openSettings() {
        val settings = Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null))
        startActivity(settings)
    }

    /** Neither needs a permission: what is picked, and nothing else, may be read. */
    private fun photoPicker(): Intent =
        if (Build.VERSION.SDK_INT >= HAS_PHOTO_PICKER) {
            Intent(ACTION_PICK_IMAGES).setType(IMAGES)
        } else {
            documentPicker(IMAGES)
        }

    private fun documentPicker(type: String): Intent =
        Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType(type)

    private fun pick(picker: Intent, request: Int) {
        try {
            startActivityForResult(picker, request)
            isPicking = true
        } catch (_: ActivityNotFoundException) {
            Toast.makeText(this, R.string.no_picker, Toast.LENGTH_LONG).show()
        }
    }

    private fun askWhetherToRemove() {
        val bundle = chosen ?: return
        question = AlertDialog.Builder(this)
            .setMessage(getString(R.string.remove_question, resources.text(bundle.title)))
            .setPositiveButton(R.string.remove) { _, _ -> demo.send(ScreenEvent.RemovalWished(bundle.id)) }
            .setNegativeButton(R.string.keep, null)
            .show()
    }

    private fun showLicences() {
        val notices = assets.open(NOTICES).bufferedReader().use { it.readText() }
        question?.dismiss()
        question = AlertDialog.Builder(this)
            .setMessage(notices)
            .setPositiveButton(android.R.string.ok, null)
            .show()
    }

    /** Keeps what is shown clear of the bars and notches that it is drawn beneath from Android 15 on. */
    // The insets that replace these are newer than the oldest Android here.
    @Suppress("DEPRECATION")
    private fun keepClear(view: View, insets: WindowInsets): WindowInsets {
        view.setPadding(
            insets.systemWindowInsetLeft,
            insets.systemWindowInsetTop,
            insets.systemWindowInsetRight,
            insets.systemWindowInsetBottom,
        )
        return insets
    }

    private companion object {
        const val ASK_PERMISSION = 1
        const val PICK_PHOTO = 2
        const val PICK_FOLDER = 3
        const val PICK_ZIP = 4
        const val IMAGES = "image/*"
        const val NOTICES = "notices.txt"

        /** `MediaStore.ACTION_PICK_IMAGES`, and the version of Android that has it. */
        const val ACTION_PICK_IMAGES = "android.provider.action.PICK_IMAGES"
        const val HAS_PHOTO_PICKER = 33
    }
}
