package org.lowformer.edge.screen

/** What an event makes of the screen. News of something that is no longer wanted changes nothing. */
fun ScreenState.after(event: ScreenEvent): Step {
    val step = taking(event).then { settled() }
    val fresh = if (step.state.subject == subject) step.state else step.state.withoutScores()
    val kept = if (fresh.wishes == wishes) emptyList() else listOf(Effect.KeepWishes(fresh.wishes))
    return Step(fresh, kept + step.effects).then { classifyingPhoto() }
}

/** What scores are of: with another subject they are gone. */
private val ScreenState.subject: List<Any?>
    get() = listOf(
        wishes.source,
        (runner as? RunnerState.Ready)?.key,
        if (wishes.source == Source.CAMERA) camera as? CameraState.Live else (photo as? PhotoState.Shown)?.number,
    )

private fun ScreenState.withoutScores() = copy(findings = null, timings = Timings())

private fun ScreenState.taking(event: ScreenEvent): Step = when (event) {
    is ScreenEvent.Started -> started(event)
    is ScreenEvent.Stopped -> Step(copy(started = false))
    is ScreenEvent.Released -> Step(copy(released = !started))
    is ScreenEvent.BundlesListed -> Step(copy(bundles = event.entries))
    is ScreenEvent.BundleOpened -> Step(
        ifOpening(event.id) { copy(bundle = BundleState.Open(event.id, event.content)) },
    )
    is ScreenEvent.BundleFailed -> Step(
        ifOpening(event.id) { copy(bundle = BundleState.Failed(event.id, event.failure)) },
    )
    is ScreenEvent.BundleWished -> Step(bundleWished(event.id))
    is ScreenEvent.RuntimeWished -> Step(
        if (canRun(event.runtime)) copy(wishes = wishes.copy(runtime = event.runtime)) else this,
    )
    is ScreenEvent.PrecisionWished -> Step(precisionWished(event.precision))
    is ScreenEvent.CameraWished -> Step(copy(wishes = wishes.copy(source = Source.CAMERA)))
    is ScreenEvent.CameraSwitched -> Step(cameraSwitched())
    is ScreenEvent.PhotoPicked -> reading(event.uri)
    is ScreenEvent.PhotoRead -> Step(
        ifReading(event.number) { copy(photo = PhotoState.Shown(event.number, event.reduction)) },
    )
    is ScreenEvent.PhotoMissing -> Step(ifReading(event.number) { copy(photo = PhotoState.None) })
    is ScreenEvent.PhotoFailed -> Step(
        ifReading(event.number) { copy(photo = PhotoState.Failed(event.failure)) },
    )
    is ScreenEvent.PermissionWished -> Step(
        if (permission in REFUSALS) copy(permission = Permission.UNKNOWN) else this,
    )
    is ScreenEvent.PermissionAnswered -> Step(permissionAnswered(event))
    is ScreenEvent.CameraOpened -> Step(cameraOpened())
    is ScreenEvent.CameraFailed -> Step(cameraFailed(event.problem))
    is ScreenEvent.CameraClosed -> Step(
        if (camera is CameraState.Closing) copy(camera = CameraState.Off) else this,
    )
    is ScreenEvent.RunnerOpened -> Step(
        ifLoading(event.key) {
            copy(runner = RunnerState.Ready(event.key, event.runtime, event.threads, event.firstMs))
        },
    )
    is ScreenEvent.RunnerFailed -> Step(
        ifLoading(event.key) { copy(runner = RunnerState.Failed(event.key, event.failure)) },
    )
    is ScreenEvent.RunnerClosed -> Step(runnerClosed())
    is ScreenEvent.Classified -> Step(classified(event))
    is ScreenEvent.RunFailed -> runFailed(event)
    is ScreenEvent.SheetToggled -> Step(copy(isSheetOpen = !isSheetOpen))
    is ScreenEvent.TryAgain -> Step(tryingAgain())
    is ScreenEvent.ImportWished -> importing(event)
    is ScreenEvent.Imported -> Step(imported(event))
    is ScreenEvent.ImportFailed -> Step(copy(intake = IntakeState.Failed(event.failure)))
    is ScreenEvent.RemovalWished -> removing(event.id)
}

private fun ScreenState.started(event: ScreenEvent.Started): Step {
    val permission = when {
        event.cameraAllowed -> Permission.GRANTED
        permission == Permission.GRANTED -> Permission.UNKNOWN
        else -> permission
    }
    val state = copy(started = true, released = false, permission = permission, facings = event.facings)
    return Step(state, if (bundles == null) listOf(Effect.ListBundles) else emptyList())
}

private fun ScreenState.ifOpening(id: String, change: ScreenState.() -> ScreenState): ScreenState =
    if (bundle == BundleState.Opening(id)) change() else this

private fun ScreenState.ifReading(number: Int, change: ScreenState.() -> ScreenState): ScreenState =
    if (photo == PhotoState.Reading(number)) change() else this

private fun ScreenState.ifLoading(key: ModelKey, change: ScreenState.() -> ScreenState): ScreenState =
    if (runner == RunnerState.Opening(key)) change() else this

private fun ScreenState.bundleWished(id: String): ScreenState {
    val known = bundles.orEmpty().any { it.id == id }
    return if (known) copy(wishes = wishes.copy(bundle = id), intake = IntakeState.Idle) else this
}

private fun ScreenState.precisionWished(precision: String): ScreenState {
    val known = offers.any { it.format == chosenRuntime?.format && it.precision == precision }
    return if (known) copy(wishes = wishes.copy(precision = precision)) else this
}

private fun ScreenState.cameraSwitched(): ScreenState {
    val facing = chosenFacing ?: return this
    val next = facings[(facings.indexOf(facing) + 1) % facings.size]
    val camera = if (camera is CameraState.Failed) CameraState.Off else camera
    return copy(wishes = wishes.copy(source = Source.CAMERA, facing = next), camera = camera)
}

private fun ScreenState.reading(uri: String?): Step {
    val number = photos + 1
    val state = copy(wishes = wishes.copy(source = Source.PHOTO), photo = PhotoState.Reading(number), photos = number)
    return Step(state, listOf(Effect.ReadPhoto(number, uri)))
}

private fun ScreenState.permissionAnswered(answer: ScreenEvent.PermissionAnswered): ScreenState = copy(
    permission = when {
        answer.allowed -> Permission.GRANTED
        answer.mayAskAgain -> Permission.DENIED
        else -> Permission.DENIED_FOR_EVER
    },
)

private fun ScreenState.cameraOpened(): ScreenState {
    val opening = camera as? CameraState.Opening ?: return this
    return copy(camera = CameraState.Live(opening.openedFor))
}

private fun ScreenState.cameraFailed(problem: CameraProblem): ScreenState = when (camera) {
    is CameraState.Opening, is CameraState.Live -> copy(camera = CameraState.Failed(problem))
    // It failed while it was being closed: then it is closed.
    is CameraState.Closing -> copy(camera = CameraState.Off)
    is CameraState.Off, is CameraState.Failed -> this
}

private fun ScreenState.runnerClosed(): ScreenState {
    val closing = runner as? RunnerState.Closing ?: return this
    return copy(runner = closing.failed ?: RunnerState.None)
}

private fun ScreenState.classified(event: ScreenEvent.Classified): ScreenState {
    val ready = runner as? RunnerState.Ready ?: return this
    if (ready.key != event.key) return this
    val idle = if (event.photo != null) copy(runner = ready.copy(busy = false)) else this
    val wanted = when (wishes.source) {
        Source.CAMERA -> event.photo == null && camera is CameraState.Live
        Source.PHOTO -> event.photo != null && event.photo == (photo as? PhotoState.Shown)?.number
    }
    if (!wanted) return idle
    return idle.copy(findings = event.findings, timings = timings.plus(event.preprocessingMs, event.modelMs, event.doneMs))
}

private fun ScreenState.runFailed(event: ScreenEvent.RunFailed): Step {
    val ready = runner as? RunnerState.Ready
    if (ready?.key != event.key) return Step(this)
    val failed = RunnerState.Failed(event.key, event.failure)
    return Step(copy(runner = RunnerState.Closing(failed)), listOf(Effect.CloseRunner))
}

private fun ScreenState.tryingAgain(): ScreenState = copy(
    bundle = if (bundle is BundleState.Failed) BundleState.None else bundle,
    runner = if (runner is RunnerState.Failed) RunnerState.None else runner,
    camera = if (camera is CameraState.Failed) CameraState.Off else camera,
    photo = if (photo is PhotoState.Failed) PhotoState.Unknown else photo,
)

private fun ScreenState.importing(event: ScreenEvent.ImportWished): Step =
    if (intake == IntakeState.Running) {
        Step(this)
    } else {
        Step(copy(intake = IntakeState.Running), listOf(Effect.ImportBundle(event.uri, event.folder)))
    }

private fun ScreenState.imported(event: ScreenEvent.Imported): ScreenState {
    val name = event.entries.find { it.id == event.id }?.name ?: event.id
    return copy(bundles = event.entries, wishes = wishes.copy(bundle = event.id), intake = IntakeState.Done(name))
}

private fun ScreenState.removing(id: String): Step {
    val removable = bundles.orEmpty().any { it.id == id && it.imported }
    return Step(this, if (removable) listOf(Effect.RemoveBundle(id)) else emptyList())
}

/** Begins what is wanted and has not begun, ends what runs and is not wanted. */
private fun ScreenState.settled(): Step =
    Step(this).then { settledBundle() }.then { settledRunner() }.then { settledCamera() }.then { settledPhoto() }

private fun ScreenState.settledBundle(): Step {
    val wanted = chosenBundle?.id
    val current = when (bundle) {
        is BundleState.None -> null
        is BundleState.Opening -> bundle.id
        is BundleState.Open -> bundle.id
        is BundleState.Failed -> bundle.id
    }
    return when (wanted) {
        current -> Step(this)
        null -> Step(copy(bundle = BundleState.None))
        else -> Step(copy(bundle = BundleState.Opening(wanted)), listOf(Effect.OpenBundle(wanted)))
    }
}

private fun ScreenState.settledRunner(): Step {
    val runner = runner
    // Who turns the screen, or picks a photo, is back soon: until then what is open stays so.
    val wanted = chosenKey.takeIf { started || !released && (runner as? RunnerState.Ready)?.key == it }
    val isFree = runner is RunnerState.None || runner is RunnerState.Failed && wanted != null && wanted != runner.key
    return when {
        isFree && wanted != null ->
            Step(copy(runner = RunnerState.Opening(wanted)), listOf(Effect.OpenRunner(wanted)))
        runner is RunnerState.Ready && runner.key != wanted ->
            Step(copy(runner = RunnerState.Closing(null)), listOf(Effect.CloseRunner))
        else -> Step(this)
    }
}

private fun ScreenState.settledCamera(): Step {
    val isWanted = started && wishes.source == Source.CAMERA
    val facing = chosenFacing.takeIf { isWanted }
    if (facing != null && permission == Permission.UNKNOWN) {
        return Step(copy(permission = Permission.ASKING), listOf(Effect.AskPermission))
    }
    val wanted = facing.takeIf { permission == Permission.GRANTED }
    val camera = camera
    return when {
        camera is CameraState.Off && wanted != null ->
            Step(copy(camera = CameraState.Opening(wanted)), listOf(Effect.OpenCamera(wanted)))
        camera.openedFor != null && camera.openedFor != wanted ->
            Step(copy(camera = CameraState.Closing), listOf(Effect.CloseCamera))
        // Whoever comes back gets a new try.
        camera is CameraState.Failed && !isWanted -> Step(copy(camera = CameraState.Off))
        else -> Step(this)
    }
}

private fun ScreenState.settledPhoto(): Step {
    val isWanted = started && wishes.source == Source.PHOTO && photo is PhotoState.Unknown
    return if (isWanted) reading(null) else Step(this)
}

/** A photo is classified several times, so that its latency is a median as well. */
private fun ScreenState.classifyingPhoto(): Step {
    val ready = runner as? RunnerState.Ready ?: return Step(this)
    val photo = photo as? PhotoState.Shown ?: return Step(this)
    val isWanted = wishes.source == Source.PHOTO && !ready.busy && timings.count < PHOTO_RUNS
    if (!isWanted) return Step(this)
    return Step(copy(runner = ready.copy(busy = true)), listOf(Effect.ClassifyPhoto(ready.key, photo.number)))
}

/** The system may say "for ever" of a question that was only brushed aside, so asking is never ruled out. */
private val REFUSALS = setOf(Permission.DENIED, Permission.DENIED_FOR_EVER)

private const val PHOTO_RUNS = 10
