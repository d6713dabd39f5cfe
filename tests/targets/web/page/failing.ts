import assert from "node:assert/strict";
import { test } from "node:test";

test("one that fails", () => assert.ok(false, "box 1 differs"));
