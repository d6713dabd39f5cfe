import { element } from "./element";

/** A photo of the site's, or of a person's own. */
export type TakePhoto = (photo: Blob, name: string) => void;

/** The button that has a photo chosen; phones offer their camera as well. */
export class PhotoPicker {
  private readonly input = element("input", { type: "file", accept: "image/*", class: "unseen" });
  readonly element = element("label", { class: "button" }, "Choose a photo", this.input);

  constructor(take: TakePhoto) {
    this.input.addEventListener("change", () => {
      const file = this.input.files?.[0];
      if (file) take(file, file.name);
      // Else the same photo could not be picked again.
      this.input.value = "";
    });
  }

  set isDisabled(isDisabled: boolean) {
    this.input.disabled = isDisabled;
  }
}
