package org.lowformer.edge.screen

/** What an event makes of the benchmark screen. News of what is no longer wanted change nothing. */
fun BenchState.after(event: BenchEvent): BenchStep = when (event) {
    is BenchEvent.Opened -> opened(event)
    is BenchEvent.Listed -> BenchStep(copy(history = event.history))
    is BenchEvent.BeginWished -> beginning()
    is BenchEvent.Progressed -> BenchStep(progressed(event))
    is BenchEvent.Finished -> BenchStep(
        copy(history = event.history).ifRunning { copy(work = BenchWork.Done, table = event.table) },
    )
    is BenchEvent.CancelWished -> cancelling(event.reason)
    is BenchEvent.Ended -> BenchStep(ifRunning { copy(work = BenchWork.Ended(event.reason)) })
    is BenchEvent.Failed -> BenchStep(copy(work = BenchWork.Failed(event.failure)))
    is BenchEvent.TableWished -> wishing(event.id)
    is BenchEvent.TableRead -> BenchStep(if (isRunning) this else copy(work = BenchWork.None, table = event.table))
    is BenchEvent.SaveWished -> saving(event.uri)
    is BenchEvent.Saved -> BenchStep(if (isRunning) this else copy(work = BenchWork.Saved))
    is BenchEvent.NotSaved -> BenchStep(if (isRunning) this else copy(work = BenchWork.NotSaved(event.failure)))
}

/** A screen that comes back while something runs shows that. */
private fun BenchState.opened(event: BenchEvent.Opened): BenchStep {
    val effects = if (history == null) listOf(BenchEffect.List) else emptyList()
    if (isRunning || event.bundle == bundle) return BenchStep(this, effects)
    return BenchStep(BenchState(event.bundle, event.name, history = history), effects)
}

private fun BenchState.beginning(): BenchStep =
    if (isRunning || bundle.isEmpty()) {
        BenchStep(this)
    } else {
        BenchStep(copy(work = BenchWork.Running(), table = null), listOf(BenchEffect.Begin(bundle)))
    }

private fun BenchState.progressed(event: BenchEvent.Progressed): BenchState {
    val running = work as? BenchWork.Running ?: return this
    return copy(
        work = running.copy(done = event.done, total = event.total, what = event.what),
        table = BenchTable(null, event.rows),
    )
}

private fun BenchState.cancelling(reason: String): BenchStep {
    val running = work as? BenchWork.Running ?: return BenchStep(this)
    return BenchStep(copy(work = running.copy(isEnding = true)), listOf(BenchEffect.Cancel(reason)))
}

private fun BenchState.wishing(id: String): BenchStep {
    val saved = history.orEmpty().find { it.id == id }
    val effects = if (isRunning || saved == null) emptyList() else listOf(BenchEffect.Read(saved))
    return BenchStep(this, effects)
}

private fun BenchState.saving(uri: String): BenchStep {
    val id = table?.saved?.id
    val effects = if (isRunning || id == null) emptyList() else listOf(BenchEffect.Save(id, uri))
    return BenchStep(this, effects)
}

private fun BenchState.ifRunning(change: BenchState.() -> BenchState): BenchState = if (isRunning) change() else this
