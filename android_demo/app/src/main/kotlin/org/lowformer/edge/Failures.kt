package org.lowformer.edge

import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.screen.Failure

/**
 * Does something that can fail by what a file holds or by what a runtime makes of it, which people are told.
 *
 * Runtimes and decoders are native code, which throws whatever it likes; only what is thrown by purpose has a
 * message that is fit to be shown as it is.
 */
internal inline fun <T> failing(onFailure: (Failure) -> T, action: () -> T): T = try {
    action()
} catch (error: EdgeException) {
    val kind = if (error.cause is LinkageError) Failure.Kind.RUNTIME_MISSING else Failure.Kind.REFUSED
    onFailure(Failure(kind, error.message.orEmpty()))
} catch (error: Exception) {
    onFailure(Failure(Failure.Kind.REFUSED, error.toString().lineSequence().first()))
} catch (error: LinkageError) {
    onFailure(Failure(Failure.Kind.RUNTIME_MISSING, error.toString().lineSequence().first()))
} catch (error: OutOfMemoryError) {
    onFailure(Failure(Failure.Kind.OUT_OF_MEMORY, error.message.orEmpty()))
}
