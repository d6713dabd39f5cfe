package org.lowformer.edge.lab

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Runner
import org.lowformer.edge.core.RunnerFactory
import org.lowformer.edge.core.RuntimeDescription
import org.lowformer.edge.core.TensorSpec

/** A clock that moves only when it is told to. */
class StillClock : Clock {
    var now = 0L

    override fun nanoseconds() = now

    fun pass(milliseconds: Double) {
        now += (milliseconds * 1e6).toLong()
    }
}

/** A phone that is full, cool and charged unless a test says otherwise. */
class CalmPhone : Phone {
    var state = PhoneState(80, 30.5, charging = false, powerSave = false, thermalStatus = 0)

    override fun state() = state
}

class CountedMemory : PeakMemory {
    var restarts = 0

    override fun restart() {
        restarts++
    }

    override fun megabytes() = 12.5
}

/**
 * Computes logits = weights * input in double precision; real arithmetic, that a test can repeat.
 *
 * @property costMs milliseconds of one run by a file's name; on the clock of the tests.
 */
class LinearFactory(private val clock: StillClock) : RunnerFactory {
    var costMs: (String) -> Double = { 1.0 }
    val opened = ArrayList<String>()
    val runs = ArrayList<String>()
    var open = 0
    var onRun: () -> Unit = {}
    var weight: (Int, Int) -> Double = ::usual

    override fun open(model: ModelFile, accelerator: Accelerator, threads: Int): Runner {
        if (accelerator == Accelerator.GPU) throw EdgeException("${model.file.name}: the GPU\nrefuses SOFTMAX")
        opened.add(model.file.name)
        open++
        clock.pass(OPENING_MS)
        return LinearRunner(model)
    }

    /** Pixels count as they are. */
    private fun reals(input: ModelInput): FloatArray = when (input) {
        is ModelInput.Reals -> input.values
        is ModelInput.Pixels -> FloatArray(input.size) { (input.values[it].toInt() and 0xFF).toFloat() }
    }

    private inner class LinearRunner(override val model: ModelFile) : Runner {
        override val description = RuntimeDescription("Linear 1", null, null)

        override fun run(input: ModelInput): List<FloatArray> {
            require(input.fits(model.input))
            val given = reals(input)
            runs.add(model.file.name)
            clock.pass(costMs(model.file.name))
            onRun()
            return model.outputs.map { output(it, given) }
        }

        /** Of several outputs each has a row of weights for each of its values. */
        private fun output(output: TensorSpec, given: FloatArray): FloatArray {
            val values = given.size / model.input.batch
            val length = output.size / output.batch
            return FloatArray(output.size) { index ->
                val image = index / length
                (0 until values).sumOf { weight(index % length, it) * given[image * values + it] }.toFloat()
            }
        }

        override fun close() {
            open--
        }
    }

    companion object {
        const val OPENING_MS = 40.0

        fun usual(row: Int, column: Int) = ((row * 7 + column * 3) % 11 - 5) / 8.0
    }
}
