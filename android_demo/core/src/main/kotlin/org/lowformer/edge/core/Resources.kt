package org.lowformer.edge.core

/**
 * What has been opened, to be closed in the opposite order.
 *
 * A later resource may use an earlier one: buffers a model, a model its environment.
 */
class Resources : AutoCloseable {
    private val opened = ArrayDeque<AutoCloseable>()

    /** Remembers an opened resource, and returns it. */
    fun <T : AutoCloseable> add(resource: T): T {
        opened.addLast(resource)
        return resource
    }

    /** Closes all, the last first. What fails does not keep others open; the first failure is thrown at the end. */
    override fun close() {
        var failure: Throwable? = null
        while (opened.isNotEmpty()) {
            try {
                opened.removeLast().close()
            } catch (error: Exception) {
                failure?.addSuppressed(error) ?: run { failure = error }
            }
        }
        failure?.let { throw it }
    }

    private fun closeAfter(error: Throwable) {
        try {
            close()
        } catch (other: Exception) {
            error.addSuppressed(other)
        }
    }

    companion object {
        /**
         * Opens several resources for an owner who closes them all at once.
         *
         * @param open makes the owner; if it throws, what it has added by then is closed.
         */
        fun <T> opening(open: (Resources) -> T): T {
            val resources = Resources()
            try {
                return open(resources)
            } catch (error: Throwable) {
                resources.closeAfter(error)
                throw error
            }
        }
    }
}
