/** Whether the page was hidden since this was made; browsers slow down what nobody sees. */
export class Visibility {
  private wasHidden = document.hidden;
  private readonly watch = () => {
    this.wasHidden ||= document.hidden;
  };

  constructor() {
    document.addEventListener("visibilitychange", this.watch);
  }

  /** Ends watching. */
  close(): boolean {
    document.removeEventListener("visibilitychange", this.watch);
    return this.wasHidden;
  }
}
