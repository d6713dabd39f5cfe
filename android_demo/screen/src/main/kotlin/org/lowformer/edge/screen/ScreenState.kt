package org.lowformer.edge.screen

import org.lowformer.edge.core.Findings

/**
 * All that the demo screen knows.
 *
 * @property missing runtimes that the app's build lacks.
 * @property started whether the screen is visible; if not, it holds no camera, and opens nothing.
 * @property released whether it has been out of sight for so long that it holds no runner either.
 * @property bundles null until they were looked for.
 * @property facings which cameras the device has.
 * @property photos how many photos were read in this process.
 * @property isSheetOpen whether a person wants to see what can be chosen.
 * @property findings in the last image; null while there are none.
 */
data class ScreenState(
    val missing: Set<RuntimeChoice> = emptySet(),
    val wishes: Wishes = Wishes(),
    val started: Boolean = false,
    val released: Boolean = false,
    val bundles: List<BundleEntry>? = null,
    val bundle: BundleState = BundleState.None,
    val intake: IntakeState = IntakeState.Idle,
    val runner: RunnerState = RunnerState.None,
    val permission: Permission = Permission.UNKNOWN,
    val facings: List<Facing> = emptyList(),
    val camera: CameraState = CameraState.Off,
    val photo: PhotoState = PhotoState.Unknown,
    val photos: Int = 0,
    val isSheetOpen: Boolean = false,
    val findings: Findings? = null,
    val timings: Timings = Timings(),
) {
    /** The wished bundle; the first where that is not there; null where there is none. */
    val chosenBundle: BundleEntry? get() = bundles?.run { find { it.id == wishes.bundle } ?: firstOrNull() }

    /** Files of the chosen bundle; none until it is open. */
    val offers: List<Offer> get() = (bundle as? BundleState.Open)?.content?.offers.orEmpty()

    /** The wished runtime; the first that can run a file where that cannot; null where none can. */
    val chosenRuntime: RuntimeChoice?
        get() = RuntimeChoice.entries.filter(::canRun).run { find { it == wishes.runtime } ?: firstOrNull() }

    /** The file of the wished precision; the first of the runtime where there is no such file. */
    val chosenOffer: Offer?
        get() = offers.filter { it.format == chosenRuntime?.format }
            .run { find { it.precision == wishes.precision } ?: firstOrNull() }

    /** What is to be run, as far as it has been chosen and opened. */
    val chosenKey: ModelKey?
        get() {
            val bundle = chosenBundle ?: return null
            val runtime = chosenRuntime ?: return null
            val offer = chosenOffer ?: return null
            return ModelKey(bundle.id, offer.path, runtime)
        }

    /** The wished camera; the first where the device has no such one; null where it has none. */
    val chosenFacing: Facing? get() = facings.find { it == wishes.facing } ?: facings.firstOrNull()

    /** Whether the app has the runtime, and the bundle a file for it. */
    fun canRun(runtime: RuntimeChoice): Boolean =
        runtime !in missing && offers.any { it.format == runtime.format }
}
