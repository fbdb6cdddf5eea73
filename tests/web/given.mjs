// What the Rust side hands over, and the count of checks that it wants to see.
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";

export const given = JSON.parse((await text(process.stdin)) || "null");

let checks = 0;

/** One check: that the two are the same, or that the sentence is true. */
export const check = {
  same(actual, expected, what) {
    assert.deepEqual(actual, expected, what);
    checks += 1;
  },
  that(holds, what) {
    assert.ok(holds, what);
    checks += 1;
  },
  contains(text, part) {
    assert.ok(text?.includes(part), `${JSON.stringify(part)} is not in ${JSON.stringify(text)}`);
    checks += 1;
  },
};

export function done() {
  console.log(checks);
}

/** Has something changed on the stage. */
export async function wish(name) {
  const reply = await fetch(`${given.stagehand}/${name}`, { method: "POST" });
  assert.ok(reply.ok, await reply.text());
}

/** Asks until it is so. */
export async function until(question, what) {
  const end = Date.now() + 15_000;
  for (;;) {
    const last = await question();
    if (last === true) return;
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
