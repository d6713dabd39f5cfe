import { PageError } from "../page-error";

/** The fields of an object of a JSON document, each asked for with its type. */
export class Fields {
  private readonly values: Readonly<Record<string, unknown>>;

  /**
   * @param value what the document has.
   * @param place where it has it, for messages.
   */
  constructor(
    value: unknown,
    readonly place: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new PageError(`${place} must be an object`);
    }
    this.values = value as Record<string, unknown>;
  }

  /** Refuses an object with other fields. */
  named(...names: readonly string[]): void {
    for (const name of names) this.value(name);
    const stranger = Object.keys(this.values).find((name) => !names.includes(name));
    if (stranger !== undefined) {
      throw new PageError(`${this.place} has ${JSON.stringify(stranger)}, which is not a known field`);
    }
  }

  /** One of some texts. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.value(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      const told = JSON.stringify(value);
      throw new PageError(`${this.at(name)} ${told} is unknown; choose one of ${choices.join(", ")}`);
    }
    return found;
  }

  /** A text. */
  text(name: string): string {
    const value = this.value(name);
    return typeof value === "string" ? value : this.fail(name, "a text");
  }

  /** Yes or no. */
  flag(name: string): boolean {
    const value = this.value(name);
    return typeof value === "boolean" ? value : this.fail(name, "true or false");
  }

  /** An object. */
  object(name: string): Fields {
    return new Fields(this.value(name), this.at(name));
  }

  /** A list of objects. */
  objects(name: string): Fields[] {
    const values = this.value(name);
    if (!Array.isArray(values)) this.fail(name, "a list");
    return values.map((value, number) => new Fields(value, `${this.at(name)}.${number}`));
  }

  /** A whole number. */
  whole(name: string): number {
    const value = this.value(name);
    return isWhole(value) ? value : this.fail(name, "a whole number");
  }

  /** A finite number. */
  real(name: string): number {
    const value = this.value(name);
    return isReal(value) ? value : this.fail(name, "a number");
  }

  /** A list of texts. */
  texts(name: string): string[] {
    const values = this.value(name);
    if (!Array.isArray(values) || !values.every(isText)) this.fail(name, "a list of texts");
    return values;
  }

  /** A list of whole numbers. */
  wholes(name: string): number[] {
    const values = this.value(name);
    if (!Array.isArray(values) || !values.every(isWhole)) this.fail(name, "a list of whole numbers");
    return values;
  }

  /** A list of finite numbers. */
  reals(name: string): number[] {
    const values = this.value(name);
    if (!Array.isArray(values) || !values.every(isReal)) this.fail(name, "a list of numbers");
    return values;
  }

  private value(name: string): unknown {
    if (!Object.hasOwn(this.values, name)) throw new PageError(`${this.at(name)} is missing`);
    return this.values[name];
  }

  private at(name: string): string {
    return `${this.place}.${name}`;
  }

  private fail(name: string, wanted: string): never {
    throw new PageError(`${this.at(name)} must be ${wanted}`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isReal(value: unknown): value is number {
  return Number.isFinite(value);
}
