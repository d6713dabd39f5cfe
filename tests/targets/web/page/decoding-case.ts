import { FeatureMap } from "../../../../targets/web/page/decoding/feature-map";
import type { ImageLayout } from "../../../../targets/web/page/imaging/model-input";
import { Extent, Placement } from "../../../../targets/web/page/imaging/placement";
import { decodingFile } from "./golden";

/** An axis, as a case of decoding states it. */
interface StatedExtent {
  readonly input: number;
  readonly start: number;
  readonly resized: number;
  readonly image: number;
}

/** Where an image lies in the input. */
export interface StatedPlacement {
  readonly rows: StatedExtent;
  readonly columns: StatedExtent;
}

/** A map: one value but at some places, or values of the file that all cases share, from one on. */
export type StatedMap = { readonly shape: readonly number[] } & (
  | { readonly fill: number; readonly places: readonly number[]; readonly values: readonly number[] }
  | { readonly start: number }
);

const VALUES = new Float32Array(new Uint8Array(decodingFile("values.bin")).buffer);

export function readPlacement({ rows, columns }: StatedPlacement): Placement {
  const read = ({ input, start, resized, image }: StatedExtent) => new Extent(input, start, resized, image);
  return new Placement(read(rows), read(columns));
}

export function readMap(stated: StatedMap, layout: ImageLayout): FeatureMap {
  const [channels, height, width] = stated.shape as readonly [number, number, number];
  const size = channels * height * width;
  let values: Float32Array;
  if ("fill" in stated) {
    values = new Float32Array(size).fill(stated.fill);
    stated.places.forEach((place, index) => (values[place] = stated.values[index]!));
  } else {
    values = VALUES.slice(stated.start, stated.start + size);
  }
  const map = new FeatureMap(values, channels, height, width, "NCHW");
  return layout === "NCHW" ? map : new FeatureMap(map.byPlace(), channels, height, width, layout);
}
