import { element } from "./element";

/** An entry of a list to choose from. */
export interface Option<T> {
  readonly value: T;
  readonly title: string;

  /** Why it cannot be taken; null where it can. */
  readonly missing: string | null;
}

/** A list of which one entry is chosen; what cannot be taken says why. */
export class ChoiceBox<T> {
  private readonly list = element("select");
  readonly element: HTMLElement;
  private options: readonly Option<T>[] = [];

  /**
   * @param label what is chosen.
   * @param changed is told when a person has chosen.
   */
  constructor(label: string, changed: () => void) {
    this.element = element("label", { class: "choice" }, element("span", {}, label), this.list);
    this.list.addEventListener("change", changed);
  }

  /** What is chosen. */
  get value(): T {
    return this.options[this.list.selectedIndex]!.value;
  }

  /** Offers entries; the place that was chosen before is kept where it can be taken. */
  offer(options: readonly Option<T>[]): void {
    const before = this.list.selectedIndex;
    this.options = options;
    this.list.replaceChildren(
      ...options.map(({ title, missing }) =>
        element("option", { disabled: missing !== null }, missing === null ? title : `${title}: ${missing}`),
      ),
    );
    const kept = options[before]?.missing === null;
    this.list.selectedIndex = kept ? before : options.findIndex(({ missing }) => missing === null);
  }

  set isDisabled(isDisabled: boolean) {
    this.list.disabled = isDisabled;
  }
}
