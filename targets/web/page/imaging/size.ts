/** Height and width in pixels, in the order of manifests. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

export function isSameSize(one: Size, other: Size): boolean {
  return one.height === other.height && one.width === other.width;
}

/** The longer side, or both. */
export function longestSide(size: Size): number {
  return Math.max(size.height, size.width);
}

/** As people read it, height x width. */
export function sizeText(size: Size): string {
  return `${size.height} x ${size.width}`;
}
