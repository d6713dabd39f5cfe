/** Ways to weight pixels when an image is resized, by their names in a manifest. */
export const INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos"] as const;

export type Interpolation = (typeof INTERPOLATIONS)[number];

/** How pixels are weighted, as Pillow does it. */
export interface Filter {
  /** How far from a pixel's centre its weight reaches, in pixels of the smaller image. */
  readonly support: number;

  /** The weight, before it is normalised, at a distance from the centre in these pixels. */
  weight(distance: number): number;
}

const LANCZOS_SUPPORT = 3;

/** The slope of the cubic at distance 1 (Keys 1981). */
const SLOPE = -0.5;

/** Those of the interpolations that weight more than the nearest pixel. */
export const FILTERS: Readonly<Record<Exclude<Interpolation, "nearest">, Filter>> = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { support: 2, weight: (distance) => cubic(Math.abs(distance)) },
  lanczos: { support: LANCZOS_SUPPORT, weight: lanczos },
};

function cubic(distance: number): number {
  if (distance < 1) return ((SLOPE + 2) * distance - (SLOPE + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * SLOPE;
  return 0;
}

function lanczos(distance: number): number {
  const isNear = -LANCZOS_SUPPORT <= distance && distance < LANCZOS_SUPPORT;
  return isNear ? sinc(distance) * sinc(distance / LANCZOS_SUPPORT) : 0;
}

function sinc(value: number): number {
  return value === 0 ? 1 : Math.sin(value * Math.PI) / (value * Math.PI);
}
