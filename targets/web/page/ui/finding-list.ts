import { cssColour, element } from "./element";
import { type FindingRow, NOTHING } from "./finding-rows";

/** Lines for which there is room beside a picture. */
const MOST_ROWS = 10;

/** What a model sees, with a bar for each line. */
export class FindingList {
  private readonly list = element("ol", { class: "findings" });
  private readonly more = element("p", { class: "quiet" });
  readonly element = element("div", {}, this.list, this.more);

  /** Shows lines from now on; null is nothing at all. */
  show(rows: readonly FindingRow[] | null): void {
    this.list.replaceChildren(...(rows ?? []).slice(0, MOST_ROWS).map(lineOf));
    this.list.hidden = !rows?.length;
    const left = (rows?.length ?? 0) - MOST_ROWS;
    this.more.textContent = rows?.length === 0 ? NOTHING : left > 0 ? `And ${left} more.` : "";
  }
}

function lineOf({ name, text, share, colour }: FindingRow): HTMLElement {
  const chip = element("span", { class: "chip", "aria-hidden": "true" });
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  const filled = element("span");
  // By the object model, since style sheets alone may be had by the page's policy.
  filled.style.inlineSize = `${Math.min(Math.max(100 * share, 0), 100)}%`;
  bar.append(filled);
  if (colour !== null) {
    chip.style.backgroundColor = cssColour(colour);
    filled.style.backgroundColor = cssColour(colour);
  }
  return element(
    "li",
    {},
    colour === null ? null : chip,
    element("span", { class: "name" }, name),
    element("span", { class: "value" }, text),
    bar,
  );
}
