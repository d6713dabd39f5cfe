/** The nearest whole number; halves to the even one, as Python's `round` does. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const share = value - below;
  if (share !== 0.5) return share < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** A value, or the nearer end of a range that it lies outside of. */
export function clamped(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}
