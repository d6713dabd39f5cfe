import type { Setting } from "./accelerator";
import type { Task } from "./job";

/** Files that did not run on an accelerator, which are not asked for there again. */
export class FailedFiles {
  private readonly bySetting = new Map<string, Set<number>>();

  /** Notes that files of a task did not run. */
  add(setting: Setting, files: readonly number[]): void {
    const failed = this.of(setting);
    for (const file of files) failed.add(file);
  }

  /** A task with the files that may run; null where none is left. */
  without(task: Task): Task | null {
    const failed = this.of(task);
    const files = task.files.filter((file) => !failed.has(file));
    if (files.length === 0) return null;
    if (task.task !== "time") return { ...task, files };
    return { ...task, files, first: task.first % files.length };
  }

  private of({ accelerator, threads }: Setting): Set<number> {
    const key = `${accelerator} ${threads}`;
    let failed = this.bySetting.get(key);
    if (!failed) {
      failed = new Set();
      this.bySetting.set(key, failed);
    }
    return failed;
  }
}
