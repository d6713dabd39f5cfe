/** Lines of a runtime's log that an answer has room for. */
const MOST_LINES = 100;
const LONGEST_LINE = 300;

const ERROR = /^(?:E\d{4} |ERROR|Failed)/;
const PLACE = /^E\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] /;

/** What a runtime last called an error, in a line; null where it called nothing so. */
export function lastError(log: readonly string[]): string | null {
  const errors = log.filter((line) => ERROR.test(line));
  // The first is the cause; what follows tells of its consequences.
  const line = errors.find((error) => PLACE.test(error)) ?? errors[0];
  return line === undefined ? null : firstLine(line.replace(PLACE, "").replace(/^ERROR: /, ""));
}

/** The end of a log, each entry in a line. */
export function shortened(log: readonly string[]): string[] {
  return log.slice(-MOST_LINES).map(firstLine);
}

/** The first line of a text, cut off where it is too long. */
export function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, LONGEST_LINE);
}
