package org.lowformer.edge

import android.view.View

/**
 * The view with an id, which must be there.
 *
 * `findViewById` has a type parameter since API 26, and none where the app is compiled without the SDK: a cast suits
 * both.
 */
@Suppress("UNCHECKED_CAST", "USELESS_CAST")
internal fun <T : View> View.part(id: Int): T = (findViewById(id) as View) as T
