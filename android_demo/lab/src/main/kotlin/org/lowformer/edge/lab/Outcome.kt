package org.lowformer.edge.lab

/** How a request ended, by its name in the device protocol. */
enum class Outcome(val id: String) {
    DONE("done"),
    FAILED("failed"),
    CANCELLED("cancelled"),
    TIMEOUT("timeout"),
    LOW_BATTERY("low-battery"),
}
