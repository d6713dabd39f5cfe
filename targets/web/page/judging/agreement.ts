/**
 * The share of places with the same best class, in percent; of equal classes the first is the best.
 *
 * @param reference values [images, classes, places].
 * @param values likewise.
 * @param places of an image: 1 of a classifier.
 */
export function agreement(
  reference: Float32Array,
  values: Float32Array,
  classes: number,
  places: number,
): number {
  const total = reference.length / classes;
  if (!(total > 0 && Number.isInteger(total / places) && reference.length === values.length)) {
    throw new RangeError(
      `${reference.length} and ${values.length} values of ${classes} classes at ${places} places` +
        " cannot be compared",
    );
  }
  let same = 0;
  for (let number = 0; number < total; number++) {
    if (best(reference, number, classes, places) === best(values, number, classes, places)) same++;
  }
  return (100 * same) / total;
}

/** The first of the largest values at a place, which is counted through all images. */
function best(values: Float32Array, number: number, classes: number, places: number): number {
  const start = Math.floor(number / places) * classes * places + (number % places);
  let best = 0;
  for (let index = 1; index < classes; index++) {
    if (values[start + index * places]! > values[start + best * places]!) best = index;
  }
  return best;
}
