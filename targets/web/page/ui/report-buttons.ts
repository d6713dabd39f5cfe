import type { Report } from "../running/report";
import { reportName } from "../running/report";
import { button, element } from "./element";

const TYPE = "application/json";

/** For how long a saved file's address is kept, in milliseconds; browsers read it later. */
const KEPT_MS = 60_000;

/** Shares a report by the phone's own means, where there are, or saves it. */
export class ReportButtons {
  private readonly save = button("Save the report", () => saveFile(this.file()));
  private readonly share = button("Share the report", () => void this.shareFile());
  readonly element = element(
    "div",
    { hidden: true },
    element("p", { class: "actions" }, this.share, this.save),
    element("p", {}, "For its verdict: ", element("code", {}, "lowformer-verify BUNDLE --web-report FILE")),
  );
  private report: Report | null = null;

  /** @param failed is told of what could not be shared. */
  constructor(private readonly failed: (error: unknown) => void) {}

  /** Offers a report; null takes the buttons away. */
  show(report: Report | null): void {
    this.report = report;
    this.element.hidden = report === null;
    if (report) this.share.hidden = !canShare(this.file());
  }

  private file(): File {
    const report = this.report!;
    return new File([JSON.stringify(report)], reportName(report), { type: TYPE });
  }

  private async shareFile(): Promise<void> {
    try {
      await navigator.share({ files: [this.file()] });
    } catch (error) {
      // Who closes the sheet has decided.
      if (!(error instanceof Error && error.name === "AbortError")) this.failed(error);
    }
  }
}

function canShare(file: File): boolean {
  // Not there where the page is not secure, whatever the types say.
  const { canShare: can } = navigator as { readonly canShare?: Navigator["canShare"] };
  return can?.call(navigator, { files: [file] }) ?? false;
}

function saveFile(file: File): void {
  const address = URL.createObjectURL(file);
  const link = element("a", { href: address, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
