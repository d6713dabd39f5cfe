package org.lowformer.edge.screen

import kotlin.random.Random

/**
 * A stand-in for the app: does effects late, in the order of each thread, sometimes without success, and lets a
 * person and the world do anything at any time.
 */
internal class World(seed: Int) {
    private val random = Random(seed)
    private val files = ArrayDeque<() -> ScreenEvent>()
    private val inference = ArrayDeque<() -> ScreenEvent>()
    private val devices = ArrayDeque<() -> ScreenEvent?>()
    private val news = List(4) { ArrayDeque<ScreenEvent>() }
    private var entries = List(random.nextInt(3)) { BundleEntry("included/$it", "$it", imported = false) }
    private var imports = 0
    private var cameraOpened = false
    private val offers = mutableMapOf<String, List<Offer>>()

    var state = ScreenState(missing = RuntimeChoice.entries.filter { random.nextInt(4) == 0 }.toSet())
        private set

    /** Open runners of the "phone". */
    var runners = 0
        private set

    var cameras = 0
        private set

    /** Runners that the screen has asked for, and has not heard the end of. */
    var expectedRunners = 0
        private set

    var expectedCameras = 0
        private set

    var kept = state.wishes
        private set

    /** One thing happens. */
    fun step() {
        when (random.nextInt(6)) {
            0 -> send(wish())
            1 -> mishap()
            else -> work()
        }
    }

    /** Does all that has begun. */
    fun finish() {
        while (hasWork()) work()
    }

    fun send(event: ScreenEvent) {
        when (event) {
            is ScreenEvent.RunnerFailed, is ScreenEvent.RunnerClosed -> expectedRunners--
            is ScreenEvent.CameraFailed, is ScreenEvent.CameraClosed -> expectedCameras--
            else -> Unit
        }
        val step = state.after(event)
        state = step.state
        step.effects.forEach(::begin)
    }

    private fun hasWork() =
        files.isNotEmpty() || inference.isNotEmpty() || devices.isNotEmpty() || news.any { it.isNotEmpty() }

    private fun work() {
        when (random.nextInt(6)) {
            0 -> files.removeFirstOrNull()?.let { news[0] += it() }
            1 -> inference.removeFirstOrNull()?.let { news[1] += it() }
            2 -> devices.removeFirstOrNull()?.let { device -> device()?.let { news[2] += it } }
            else -> news.random(random).removeFirstOrNull()?.let(::send)
        }
    }

    private fun wish(): ScreenEvent = when (random.nextInt(16)) {
        0, 1 -> ScreenEvent.Started(random.nextBoolean(), Facing.entries.filter { random.nextInt(3) > 0 })
        2 -> ScreenEvent.Stopped
        3 -> ScreenEvent.BundleWished((entries.map { it.id } + "nowhere").random(random))
        4 -> ScreenEvent.RuntimeWished(RuntimeChoice.entries.random(random))
        5 -> ScreenEvent.PrecisionWished(PRECISIONS.random(random))
        6 -> ScreenEvent.CameraWished
        7 -> ScreenEvent.CameraSwitched
        8 -> ScreenEvent.PhotoPicked("content://photo")
        9 -> ScreenEvent.PermissionWished
        10 -> ScreenEvent.TryAgain
        11 -> ScreenEvent.ImportWished("content://bundle", random.nextBoolean())
        12 -> ScreenEvent.Released
        14 -> ScreenEvent.SheetToggled
        13 -> ScreenEvent.RemovalWished((entries.map { it.id } + "nowhere").random(random))
        else -> ScreenEvent.PermissionAnswered(random.nextBoolean(), random.nextBoolean())
    }

    /** Frames come, cameras are lost. */
    private fun mishap() {
        val ready = state.runner as? RunnerState.Ready
        if (cameraOpened && random.nextInt(4) == 0) {
            cameraOpened = false
            cameras--
            news[2] += ScreenEvent.CameraFailed(CameraProblem.entries.random(random))
        } else if (ready != null && state.camera is CameraState.Live) {
            inference += { classify(ready.key, null) }
        }
    }

    private fun begin(effect: Effect) {
        when (effect) {
            is Effect.KeepWishes -> kept = effect.wishes
            is Effect.ListBundles -> files += { ScreenEvent.BundlesListed(entries) }
            is Effect.OpenBundle -> files += { openBundle(effect.id) }
            is Effect.ImportBundle -> files += ::importBundle
            is Effect.RemoveBundle -> files += { removeBundle(effect.id) }
            is Effect.OpenRunner -> {
                expectedRunners++
                inference += { openRunner(effect.key) }
            }
            is Effect.CloseRunner -> inference += ::closeRunner
            is Effect.AskPermission ->
                news[3] += ScreenEvent.PermissionAnswered(random.nextBoolean(), random.nextBoolean())
            is Effect.OpenCamera -> {
                expectedCameras++
                devices += ::openCamera
            }
            is Effect.CloseCamera -> devices += ::closeCamera
            is Effect.ReadPhoto -> files += { readPhoto(effect.number) }
            is Effect.ClassifyPhoto -> inference += { classify(effect.key, effect.number) }
        }
    }

    private fun failure() = Failure(Failure.Kind.entries.random(random), "by chance")

    private fun openBundle(id: String): ScreenEvent {
        if (random.nextInt(5) == 0) return ScreenEvent.BundleFailed(id, failure())
        val found = offers.getOrPut(id) { ALL_OFFERS.filter { random.nextBoolean() } }
        return ScreenEvent.BundleOpened(id, BundleContent(found, listOf("shirt").takeIf { random.nextBoolean() }))
    }

    private fun importBundle(): ScreenEvent {
        if (random.nextBoolean()) return ScreenEvent.ImportFailed(failure())
        val entry = BundleEntry("imported/${imports++}", "own", imported = true)
        entries = entries + entry
        return ScreenEvent.Imported(entry.id, entries)
    }

    private fun removeBundle(id: String): ScreenEvent {
        entries = entries.filter { it.id != id }
        return ScreenEvent.BundlesListed(entries)
    }

    private fun openRunner(key: ModelKey): ScreenEvent {
        if (random.nextInt(4) == 0) return ScreenEvent.RunnerFailed(key, failure())
        runners++
        return ScreenEvent.RunnerOpened(key, "a runtime", 4.takeIf { random.nextBoolean() }, 20.0)
    }

    private fun closeRunner(): ScreenEvent {
        runners--
        return ScreenEvent.RunnerClosed
    }

    private fun classify(key: ModelKey, photo: Int?): ScreenEvent =
        if (random.nextInt(20) == 0) {
            ScreenEvent.RunFailed(key, failure())
        } else {
            ScreenEvent.Classified(key, photo, SCORES, 2.0, 1.0, 0.0)
        }

    private fun openCamera(): ScreenEvent {
        if (random.nextInt(4) == 0) return ScreenEvent.CameraFailed(CameraProblem.entries.random(random))
        cameraOpened = true
        cameras++
        return ScreenEvent.CameraOpened
    }

    /** One that failed was closed then, and has said so. */
    private fun closeCamera(): ScreenEvent? {
        if (!cameraOpened) return null
        cameraOpened = false
        cameras--
        return ScreenEvent.CameraClosed
    }

    private fun readPhoto(number: Int): ScreenEvent = when (random.nextInt(4)) {
        0 -> ScreenEvent.PhotoFailed(number, failure())
        1 -> ScreenEvent.PhotoMissing(number)
        else -> ScreenEvent.PhotoRead(number, 1 shl random.nextInt(3))
    }

    private companion object {
        val ALL_OFFERS = listOf(FLOAT, INTEGER, TORCH)
        val PRECISIONS = listOf("fp32", "int8", "fp64")
    }
}
