import type { BrowserFacts } from "../running/browser-facts";
import { element } from "./element";
import { capitalised } from "./wording";

/** What a browser told of itself, by name. */
export function factList(facts: BrowserFacts): HTMLElement {
  return element(
    "dl",
    { class: "facts" },
    ...Object.entries(facts).map(([name, value]) =>
      element("div", {}, element("dt", {}, capitalised(name)), element("dd", {}, value)),
    ),
  );
}
