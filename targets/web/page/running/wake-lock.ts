/** Keeps the screen on while something is measured, where the browser lets a page do so. */
export class WakeLock {
  private lock: Promise<WakeLockSentinel | null> = Promise.resolve(null);
  private readonly renew = () => {
    // Browsers take it away from pages that are hidden.
    if (!document.hidden) this.ask();
  };

  constructor() {
    document.addEventListener("visibilitychange", this.renew);
    this.ask();
  }

  /** Lets the screen go off again. */
  async release(): Promise<void> {
    document.removeEventListener("visibilitychange", this.renew);
    await (await this.lock)?.release();
  }

  private ask(): void {
    // Not there where the page is not secure, whatever the types say.
    const { wakeLock } = navigator as { readonly wakeLock?: Navigator["wakeLock"] };
    this.lock = wakeLock?.request("screen").catch(() => null) ?? Promise.resolve(null);
  }
}
