package org.lowformer.edge.core

/**
 * Numbers by their ranks, the highest rank first, and of equal ranks the lowest number.
 *
 * It keeps its memory from one image to the next.
 */
internal class Ranking {
    /** The inverted rank above the number, so that they sort as whole numbers. */
    private var keys = LongArray(FIRST_ROOM)

    /** How many there are. */
    var size = 0
        private set

    fun clear() {
        size = 0
    }

    /** Adds a number with its rank, which is not NaN. */
    fun add(rank: Float, number: Int) {
        if (size == keys.size) keys = keys.copyOf(2 * size)
        // Adding 0 makes -0 equal to 0.
        keys[size++] = (ordered((rank + 0f).toRawBits()).inv().toLong() shl Int.SIZE_BITS) or number.toLong()
    }

    /** Of those that were added after the first [start] ones, leaves the best. */
    fun keepBest(start: Int, most: Int) {
        if (size - start <= most) return
        keys.sort(start, size)
        size = start + most
    }

    fun sort() = keys.sort(0, size)

    /** The number in a place of the order. */
    fun number(place: Int): Int = keys[place].toInt()

    /** Its rank. */
    fun rank(place: Int): Float =
        Float.fromBits(ordered((keys[place] shr Int.SIZE_BITS).toInt().inv()))

    private companion object {
        const val FIRST_ROOM = 1024

        /** Bits of a float as a number that is ordered as the float is, and back. */
        fun ordered(bits: Int): Int = bits xor ((bits shr (Int.SIZE_BITS - 1)) and Int.MAX_VALUE)
    }
}
