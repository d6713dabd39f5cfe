import { BOX_SIDES } from "../imaging/placement";

/**
 * Non-maximum suppression: leaves out boxes that overlap no better one of their class too far.
 *
 * The arithmetic is that of Python's `tasks/overlap.py`, in float32.
 *
 * @param boxes corners x1, y1, x2, y2, one box after the other, the best first.
 * @param classes of each box.
 * @param mostIou what two boxes of one class may have.
 * @param most how many are kept at most.
 * @returns places of those that are kept, ascending; boxes without an area are not.
 */
export function suppress(
  boxes: Float32Array,
  classes: readonly number[],
  mostIou: number,
  most: number,
): number[] {
  const kept: number[] = [];
  for (let place = 0; place < classes.length && kept.length < most; place++) {
    const overlaps = (other: number) =>
      classes[other] === classes[place] && iou(boxes, place, other) > mostIou;
    if (isSolid(boxes, place) && !kept.some(overlaps)) kept.push(place);
  }
  return kept;
}

function isSolid(boxes: Float32Array, place: number): boolean {
  const at = place * BOX_SIDES;
  return boxes[at + 2]! > boxes[at]! && boxes[at + 3]! > boxes[at + 1]!;
}

/** Intersection over union; 0 where both are empty. */
function iou(boxes: Float32Array, one: number, other: number): number {
  const { fround } = Math;
  const shared = fround(common(boxes, one, other, 0) * common(boxes, one, other, 1));
  const union = fround(fround(area(boxes, one) + area(boxes, other)) - shared);
  return union > 0 ? fround(shared / union) : 0;
}

/** How much of an axis both boxes share. */
function common(boxes: Float32Array, one: number, other: number, axis: number): number {
  const first = one * BOX_SIDES + axis;
  const second = other * BOX_SIDES + axis;
  const end = Math.min(boxes[first + 2]!, boxes[second + 2]!);
  return Math.max(Math.fround(end - Math.max(boxes[first]!, boxes[second]!)), 0);
}

function area(boxes: Float32Array, place: number): number {
  const { fround } = Math;
  const at = place * BOX_SIDES;
  return fround(fround(boxes[at + 2]! - boxes[at]!) * fround(boxes[at + 3]! - boxes[at + 1]!));
}
