/** A number with the rank by which it is chosen. */
export interface Ranked {
  readonly rank: number;
  readonly number: number;
}

/** So many of the best: the highest rank first, and of equal ranks the lowest number. */
export function best(all: readonly Ranked[], most: number): Ranked[] {
  return [...all].sort(compared).slice(0, most);
}

function compared(one: Ranked, other: Ranked): number {
  if (one.rank !== other.rank) return one.rank > other.rank ? -1 : 1;
  return one.number - other.number;
}
