import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, inkOn } from "../../../../targets/web/page/decoding/colours";
import { agreement } from "../../../../targets/web/page/judging/agreement";
import { closeness } from "../../../../targets/web/page/judging/closeness";
import { latencySummary } from "../../../../targets/web/page/judging/latency-summary";
import { goldenFile, parsed } from "./golden";

/** Figures that Python tells. */
interface Figures {
  readonly latencies: readonly {
    readonly milliseconds: readonly number[];
    readonly median: number;
    readonly p10: number;
    readonly p90: number;
    readonly p99: number;
  }[];
  readonly parities: readonly {
    readonly classes: number;
    readonly places: number;
    readonly reference: readonly number[];
    readonly logits: readonly number[];
    readonly sqnr_db: number | "exact";
    readonly cosine: number;
    readonly max_difference: number;
    readonly agreement: number;
  }[];
  readonly colours: readonly (readonly [colour: number, ink: number])[];
}

const FIGURES = parsed<Figures>(goldenFile("figures.json"));

function assertClose(found: number, expected: number, bound: number): void {
  assert.ok(Math.abs(found - expected) <= bound, `${found} is not ${expected}`);
}

for (const { milliseconds, median, p10, p90, p99 } of FIGURES.latencies) {
  test(`percentiles of ${milliseconds.length} runs are numpy's`, () => {
    const found = latencySummary(milliseconds);
    const expected = { medianMs: median, p10Ms: p10, p90Ms: p90, p99Ms: p99 };
    assert.deepEqual(found, { runs: milliseconds.length, ...expected });
  });
}

FIGURES.parities.forEach((stated, number) => {
  test(`parity ${number} is Python's`, () => {
    const reference = Float32Array.from(stated.reference);
    const logits = Float32Array.from(stated.logits);
    const found = closeness(reference, logits, "logits");
    if (stated.sqnr_db === "exact" || found.sqnrDb === "exact") {
      assert.equal(found.sqnrDb, stated.sqnr_db);
    } else {
      assertClose(found.sqnrDb, stated.sqnr_db, 1e-9);
    }
    assertClose(found.cosine, stated.cosine, 1e-12);
    assert.equal(found.maxDifference, stated.max_difference);
    assertClose(agreement(reference, logits, stated.classes, stated.places), stated.agreement, 1e-12);
  });
});

test("colours are Python's", () => {
  FIGURES.colours.forEach(([colour, ink], number) => {
    assert.equal(colourOf(number), colour);
    assert.equal(inkOn(colour), ink);
  });
});

test("there are figures", () => {
  assert.deepEqual(
    [FIGURES.latencies.length, FIGURES.parities.length, FIGURES.colours.length],
    [10, 8, 256],
  );
});
