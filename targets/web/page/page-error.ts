/** What is wrong, where, and what to do, in a line that people read. */
export class PageError extends Error {
  override readonly name = "PageError";
}
