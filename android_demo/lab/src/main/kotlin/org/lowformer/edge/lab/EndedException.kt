package org.lowformer.edge.lab

/**
 * A request that is not gone on with, though nothing is wrong with it.
 *
 * @property outcome what ended it.
 * @property reason why, in one line for people.
 */
internal class EndedException(val outcome: Outcome, val reason: String) : Exception(reason)
