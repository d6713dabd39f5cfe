package org.lowformer.edge

import android.content.Context
import android.os.Build
import org.lowformer.edge.runtime.RuntimeVersions

/** What the app knows of itself and of its runtimes. */
internal fun describeApp(context: Context, versions: RuntimeVersions): Map<String, String> = mapOf(
    "app" to context.packageManager.getPackageInfo(context.packageName, 0).versionName.orEmpty(),
    "abi" to Build.SUPPORTED_ABIS.first(),
    "litert" to versions.litert,
    "executorch" to versions.executorch,
)

/** What it is on; over adb the computer tells that. */
internal fun describePhone(): Map<String, String> = mapOf(
    "model" to "${Build.MANUFACTURER} ${Build.MODEL}",
    "system" to "Android ${Build.VERSION.RELEASE}",
)
