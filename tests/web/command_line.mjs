// `examples/node` as its user types it.
import { spawn } from "node:child_process";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { check, done, given, wish } from "./given.mjs";
import { folderWithPackage, here } from "./site.mjs";

const folder = await folderWithPackage(join(here, "../../examples/node"));
await writeFile(join(folder, "config.json"), JSON.stringify(given.config));
const home = join(folder, "kept");

function run(...words) {
  const child = spawn("node", ["notes.js", "--folder", home, ...words], { cwd: folder });
  let out = "";
  child.stdout.on("data", (it) => (out += it));
  child.stderr.on("data", (it) => (out += it));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, out })));
}

check.same((await run("dance")).status, 2);
check.same((await run("add", "Milk")).status, 0);
check.same((await run("list")).out, "Milk\n");
const locked = await run("export");
check.same(locked.status, 1);
check.contains(locked.out, "Exporting is part of a paid plan. Enter a license key");
check.contains((await run("activate", "NOTES-12345")).out, "A license key is a prefix and 25 symbols".toLowerCase().slice(2, 20));
check.contains((await run("activate", given.key)).out, "growth_policy: VALID, works offline until");
check.same((await run("export")).out, "- Milk\n");
if (process.platform !== "win32") {
  check.same((await stat(join(home, "license.json"))).mode & 0o777, 0o600);
}
// Cut off in the middle, the file is none; the key can be typed again.
const whole = await readFile(join(home, "license.json"), "utf8");
await chmod(join(home, "license.json"), 0o600);
await writeFile(join(home, "license.json"), whole.slice(0, 200));
check.contains((await run("license")).out, "No license. Enter a license key");
await writeFile(join(home, "license.json"), whole);
await wish("fail-renewal");
check.contains((await run("refresh")).out, "growth_policy: SUSPENDED. Correct the payment");
check.same((await run("export")).status, 1);
await wish("pay");
check.contains((await run("refresh")).out, "growth_policy: VALID");
await wish("off");
check.same((await run("export")).out, "- Milk\n", "without the license server");
check.contains((await run("refresh")).out, "Check the connection and try again.");
done();
