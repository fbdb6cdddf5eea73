// A consumer's project compiles under `tsc --strict`, and what is wrong in it is seen.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { check, done } from "./given.mjs";
import { here } from "./site.mjs";

function compile(project) {
  const tsc = join(here, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync("node", [tsc, "-p", join(here, "types", project)], {
    encoding: "utf8",
  });
  return { status, stdout };
}

const right = compile("tsconfig.json");
check.same(right.status, 0, right.stdout);

// Each line of wrong.ts that says so must be an error, and no other.
const wrong = compile("tsconfig.wrong.json");
const errors = [...wrong.stdout.matchAll(/wrong\.ts\((\d+),/g)].map((it) => Number(it[1]));
const { readFileSync } = await import("node:fs");
const lines = readFileSync(join(here, "types/wrong.ts"), "utf8").split("\n");
const meant = lines.flatMap((line, n) => (line.includes("// wrong") ? [n + 1] : []));
check.same([...new Set(errors)], meant, wrong.stdout);
done();
