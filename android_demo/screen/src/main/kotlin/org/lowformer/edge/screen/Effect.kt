package org.lowformer.edge.screen

/** What the app must do now. Its news come as a [ScreenEvent]. */
sealed interface Effect {
    data class KeepWishes(val wishes: Wishes) : Effect

    data object ListBundles : Effect

    data class OpenBundle(val id: String) : Effect

    /** @property folder whether [uri] is a folder, not a zip. */
    data class ImportBundle(val uri: String, val folder: Boolean) : Effect

    data class RemoveBundle(val id: String) : Effect

    data class OpenRunner(val key: ModelKey) : Effect

    data object CloseRunner : Effect

    data object AskPermission : Effect

    data class OpenCamera(val facing: Facing) : Effect

    data object CloseCamera : Effect

    /** @property uri of a new photo; null for the copy of the one before. */
    data class ReadPhoto(val number: Int, val uri: String?) : Effect

    data class ClassifyPhoto(val key: ModelKey, val number: Int) : Effect
}
