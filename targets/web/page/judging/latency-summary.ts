/** Durations of inferences in milliseconds, as Python's `runtime/measure/durations.py` sums them up. */
export interface LatencySummary {
  /** Timed runs, without the warm-up. */
  readonly runs: number;
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

/** @param milliseconds a duration per timed run, in any order; at least one. */
export function latencySummary(milliseconds: readonly number[]): LatencySummary {
  if (milliseconds.length === 0) throw new RangeError("there are no durations");
  const ordered = Float64Array.from(milliseconds).sort();
  return {
    runs: ordered.length,
    medianMs: median(ordered),
    p10Ms: percentile(ordered, 10),
    p90Ms: percentile(ordered, 90),
    p99Ms: percentile(ordered, 99),
  };
}

function median(ordered: Float64Array): number {
  const middle = Math.floor(ordered.length / 2);
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}

/** numpy's linear percentile (Hyndman and Fan 1996, type 7), with its order of operations. */
function percentile(ordered: Float64Array, percent: number): number {
  const place = (ordered.length - 1) * (percent / 100);
  const below = Math.floor(place);
  const low = ordered[below]!;
  const high = ordered[Math.min(below + 1, ordered.length - 1)]!;
  const share = place - below;
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}
