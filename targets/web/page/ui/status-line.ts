import { PageError } from "../page-error";
import { element } from "./element";
import { sentence } from "./wording";

/** One line that tells what goes on, or what went wrong; screen readers say what changes. */
export class StatusLine {
  readonly element = element("p", { class: "status", role: "status" });
  private readonly problem = element("p", { class: "problem", role: "alert", hidden: true });
  readonly elements = [this.element, this.problem];

  /** Tells what goes on; what went wrong before is over. */
  tell(text: string): void {
    this.problem.hidden = true;
    this.problem.textContent = "";
    // What is the same is not said again.
    if (this.element.textContent !== text) this.element.textContent = text;
  }

  /** Tells what went wrong, and what to do. */
  fail(error: unknown): void {
    this.element.textContent = "";
    this.problem.textContent = sentence(reasonOf(error));
    this.problem.hidden = false;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PageError) return error.message;
  return `the page failed (${String(error)}); reload it`;
}
