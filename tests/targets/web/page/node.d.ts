/** What the tests use of Node, whose own types are a package with more of its own. */
declare module "node:assert/strict" {
  const assert: {
    ok(value: unknown, message?: string): asserts value;
    equal<T>(found: T, expected: T, message?: string): void;
    deepEqual(found: unknown, expected: unknown, message?: string): void;
    throws(run: () => unknown, expected: RegExp): void;
    rejects(run: Promise<unknown>, expected: RegExp): Promise<void>;
  };
  export default assert;
}

declare module "node:test" {
  export function test(name: string, run: () => void | Promise<void>): void;
}

declare module "node:fs" {
  export function readFileSync(path: string): Uint8Array<ArrayBuffer>;
}

declare module "node:zlib" {
  export function gunzipSync(content: Uint8Array): Uint8Array<ArrayBuffer>;
}

declare const process: {
  readonly argv: readonly string[];
  readonly stdout: { write(text: string): void };
};
