import { button, element } from "./element";

/** Buttons that show the site's own photos. */
export class SampleStrip {
  private readonly buttons: readonly HTMLButtonElement[];
  readonly element: HTMLElement;

  /**
   * @param paths where the site has them.
   * @param addressOf the address of a path.
   * @param pick is told which one is wanted, with its name.
   */
  constructor(
    paths: readonly string[],
    addressOf: (path: string) => URL,
    pick: (path: string, name: string) => void,
  ) {
    this.buttons = paths.map((path, number) => {
      const name = `Sample photo ${number + 1}`;
      const picture = element("img", { src: addressOf(path).href, alt: "", width: 64, height: 64 });
      const made = button("", () => pick(path, name), { class: "sample", "aria-label": name });
      made.append(picture);
      return made;
    });
    this.element = element(
      "div",
      { class: "samples", role: "group", "aria-label": "Sample photos", hidden: paths.length === 0 },
      ...this.buttons,
    );
  }

  set isDisabled(isDisabled: boolean) {
    for (const one of this.buttons) one.disabled = isDisabled;
  }
}
