import { PageError } from "../page-error";

/** @throws PageError a value is NaN or infinite. */
export function checkFinite(values: Float32Array, name: string): void {
  if (!values.every(Number.isFinite)) throw notFinite(name);
}

/** The error that values which are NaN or infinite are. */
export function notFinite(name: string): PageError {
  return new PageError(`${name} are NaN or infinite; choose another precision or runtime`);
}
