package org.lowformer.edge

import android.content.Context
import org.lowformer.edge.screen.Wishes

/** Keeps what was chosen, for after a rotation, the end of the process and a restart of the phone. */
internal class WishStore(context: Context) {
    private val preferences = context.getSharedPreferences("wishes", Context.MODE_PRIVATE)

    fun read(): Wishes = Wishes.of(preferences.all)

    fun keep(wishes: Wishes) {
        val editor = preferences.edit().clear()
        for ((name, text) in wishes.toMap()) editor.putString(name, text)
        editor.apply()
    }
}
