import { PageError } from "../page-error";
import type { Answer } from "./answer";
import type { BrowserFacts } from "./browser-facts";

/** The command has no room for a post at once, and takes it a little later. */
const LATER = [429, 503];
const TRIES = 6;
const LATER_MS = 500;

/** Milliseconds between two signs of progress; the command takes no flood of them. */
const PAUSE_MS = 250;

/** What the command that serves the page is told, on the page's own server. */
export class CommandPost {
  /** The last sign of progress, on its way. */
  private sent = Promise.resolve();
  private lastSent = -Infinity;

  private constructor(
    private readonly root: URL,
    private readonly browser: number,
  ) {
    addEventListener("pagehide", () => navigator.sendBeacon(this.address("gone"), "{}"));
  }

  /** Tells that a browser is there. */
  static async open(root: URL, machine: BrowserFacts): Promise<CommandPost> {
    const response = await post(new URL("browsers", root), { machine });
    const { browser } = (await response.json()) as { browser: number };
    return new CommandPost(root, browser);
  }

  /** Tells how much of a request is done, now and then; what cannot be sent matters to nobody. */
  advance(request: number, done: number): void {
    const now = performance.now();
    if (now - this.lastSent < PAUSE_MS) return;
    this.lastSent = now;
    const send = () => post(this.address("progress"), { request, done });
    this.sent = this.sent.then(send).then(() => {}, () => {});
  }

  /** @throws PageError the command has ended, or does not take it. */
  async answer(request: number, answer: Answer): Promise<void> {
    await this.sent;
    await post(this.address(`answers/${request}`), answer);
  }

  private address(path: string): URL {
    return new URL(`browsers/${this.browser}/${path}`, this.root);
  }
}

/** @throws PageError the command has ended, or does not take it. */
async function post(address: URL, body: unknown): Promise<Response> {
  const content = JSON.stringify(body);
  let response = await postOnce(address, content);
  for (let time = 1; LATER.includes(response.status) && time < TRIES; time++) {
    await new Promise((resolve) => setTimeout(resolve, time * LATER_MS));
    response = await postOnce(address, content);
  }
  if (!response.ok) throw new PageError(`the command refuses what was sent (status ${response.status})`);
  return response;
}

async function postOnce(address: URL, content: string): Promise<Response> {
  try {
    const headers = { "Content-Type": "application/json" };
    return await fetch(address, { method: "POST", headers, body: content });
  } catch {
    throw new PageError("the command that served this page has ended");
  }
}
