package org.lowformer.edge.lab

/** A clock that never goes back. */
fun interface Clock {
    /** Nanoseconds since some moment. */
    fun nanoseconds(): Long
}

/** The phone's power and heat. */
fun interface Phone {
    /** What they are now. */
    fun state(): PhoneState
}

/** The largest part of memory that this process had in RAM. */
interface PeakMemory {
    /** Lets the peak begin anew. */
    fun restart()

    /** Growth of the peak since [restart], in MB of 10^6 bytes; null where the system does not tell. */
    fun megabytes(): Double?
}

/** The processor's speed. */
fun interface CoreClocks {
    /** The highest clock of the cores now; null where the system does not tell. */
    fun megahertz(): Double?
}

/** What is around a measurement, so that tests can stand in for a phone. */
class Surroundings(val clock: Clock, val phone: Phone, val memory: PeakMemory, val clocks: CoreClocks)
