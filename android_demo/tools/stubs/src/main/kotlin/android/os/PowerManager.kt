package android.os

/** What the app asks of Android's class, whose thermal status is of API 29; compiled against, and never run. */
class PowerManager private constructor() {
    val isPowerSaveMode: Boolean get() = throw UnsupportedOperationException("a stand-in for compiling")

    val currentThermalStatus: Int get() = throw UnsupportedOperationException("a stand-in for compiling")
}
