import type { ResultRow } from "../judging/result-table";
import { type Child, element } from "./element";
import { decibels, milliseconds, percent, ratio, sentence, settingTitle, UNKNOWN } from "./wording";

const HEADINGS = [
  "File",
  "On",
  "Parity",
  "Same results",
  "Median time",
  "Time over fp32's",
] as const;

/**
 * The table of results. Narrow screens show a card for each row by style alone; roles are stated
 * since browsers forget them where rows are no rows to the eye.
 */
export class ResultView {
  private readonly body = element("tbody", { role: "rowgroup" });
  readonly element = element(
    "table",
    { class: "results", role: "table" },
    element("caption", {}, "Parity beside speed, in this browser"),
    element(
      "thead",
      { role: "rowgroup" },
      element(
        "tr",
        { role: "row" },
        ...HEADINGS.map((heading) => element("th", { scope: "col", role: "columnheader" }, heading)),
      ),
    ),
    this.body,
  );

  /** Shows rows from now on. */
  show(rows: readonly ResultRow[]): void {
    this.body.replaceChildren(...rows.map(rowOf));
  }
}

function rowOf(row: ResultRow): HTMLTableRowElement {
  const { file, parity, latency } = row;
  const same = parity?.agreement ?? null;
  const figures: Child[][] = [
    [decibels(parity?.sqnrDb ?? null)],
    same === null ? [UNKNOWN, parity && element("small", {}, "lowformer-verify tells")] : [percent(same)],
    [milliseconds(latency?.medianMs ?? null), latency && row.accelerator === "wasm" ? caveat() : null],
    [ratio(row.ratio)],
  ];
  const isEmpty = parity === null && latency === null;
  // Reasons may begin with the file's name, which stands before them here.
  const failure = row.failure?.replace(`${file.name}: `, "") ?? null;
  const cells = failure !== null && isEmpty ? [reasonCell(failure)] : figureCells(figures);
  if (failure !== null && !isEmpty) cells.at(-1)!.append(reason(failure));
  return element(
    "tr",
    { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, file.name),
    element("td", { role: "cell", "data-label": HEADINGS[1] }, ...whereOf(row)),
    ...cells,
  );
}

function whereOf(row: ResultRow): Child[] {
  const device = row.device && `${row.device}${row.isSoftware ? ", software" : ""}`;
  return [settingTitle(row), device ? element("small", {}, device) : null];
}

function figureCells(figures: readonly Child[][]): HTMLTableCellElement[] {
  return figures.map((children, number) =>
    element("td", { role: "cell", "data-label": HEADINGS[number + 2]! }, ...children),
  );
}

function reasonCell(text: string): HTMLTableCellElement {
  return element("td", { role: "cell", colspan: HEADINGS.length - 2, class: "reason" }, reason(text));
}

function reason(text: string): HTMLElement {
  return element("span", { class: "problem" }, sentence(text));
}

function caveat(): HTMLElement {
  return element("small", {}, "not an app's");
}
