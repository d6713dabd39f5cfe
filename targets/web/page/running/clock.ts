/** How many of the clock's steps are watched; other work may fall into one of them. */
const WATCHED_STEPS = 200;

/** For how long they are watched at most, in the clock's own milliseconds. */
const LONGEST_WATCH_MS = 200;

/** Steps of the clock that a timed stretch has at least, so that one of them is 2 % of it. */
const LEAST_STEPS = 50;

/** The smallest step that the browser's clock was seen to make, in milliseconds. */
export function clockStep(now: () => number = () => performance.now()): number {
  const begun = now();
  let last = begun;
  let least = Infinity;
  for (let steps = 0; steps < WATCHED_STEPS && last - begun < LONGEST_WATCH_MS; ) {
    const next = now();
    if (next === last) continue;
    least = Math.min(least, next - last);
    last = next;
    steps++;
  }
  return least;
}

/** How many runs are timed together, so that the clock's step does not matter. */
export function runsTogether(step: number, milliseconds: number): number {
  return Math.max(1, Math.ceil((LEAST_STEPS * step) / Math.max(milliseconds, step)));
}
