import type { Size } from "../imaging/size";
import type { Detection } from "./box-decoder";
import type { LabelMap, Region } from "./label-map";
import type { Score } from "./score";

/** What a model sees in an image, by its task. */
export type Findings =
  | { readonly task: "classification"; readonly scores: readonly Score[] }
  | {
      readonly task: "detection";

      /** In whose pixels the boxes are. */
      readonly image: Size;

      /** The best first; perhaps none. */
      readonly objects: readonly Detection[];
    }
  | {
      readonly task: "segmentation";

      /** Of each pixel of the image, which may have been made smaller. */
      readonly map: LabelMap;

      /** The classes that occur, from the largest. */
      readonly regions: readonly Region[];
    };

/** The least score of an object that is shown, as in Python's pictures and in mmdet's. */
export const LEAST_SHOWN = 0.3;
