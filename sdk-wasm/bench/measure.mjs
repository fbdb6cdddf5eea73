// Times and sizes of the package, beside those that do parts of the same: in Node and in
// Chromium, all in one run. `tests/web` has to be installed, with the package in it.
//
//   node sdk-wasm/bench/measure.mjs
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const tests = join(root, "tests/web");
const modules = join(tests, "node_modules");
const { cases, base_context: base } = JSON.parse(
  await readFile(join(root, "sdk/token_cases.json"), "utf8"),
);
const x = Buffer.from(Object.values(base.keyset)[0], "hex").toString("base64url");
const token = cases.find((it) => it.expect[0] === "VALID").token;
const given = { token, x, base };

/** Runs in both: it may use nothing from outside. */
async function measure({ token, x, base }, from) {
  const [{ load, Verifier }, jose, noble] = await Promise.all([
    import(from.paidup),
    import(from.jose),
    import(from.noble),
  ]);
  let began = performance.now();
  await load();
  const loading = performance.now() - began;
  const module = await WebAssembly.compile(from.bytes ?? (await (await fetch(from.module)).arrayBuffer()));
  const stubs = Object.fromEntries(
    [...new Set(WebAssembly.Module.imports(module).map((it) => it.module))].map((name) => [
      name,
      Object.fromEntries(WebAssembly.Module.imports(module).map((it) => [it.name, () => 0])),
    ]),
  );
  began = performance.now();
  await WebAssembly.instantiate(module, stubs);
  const instantiating = performance.now() - began;

  const verifier = new Verifier({
    issuer: base.issuer,
    product: base.product,
    fingerprint: base.fingerprint,
    keys: [x],
  });
  const now = new Date(base.now * 1000);
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
  const [header, payload, signature] = token.split(".");
  const message = new TextEncoder().encode(`${header}.${payload}`);
  const signed = bytes(signature);
  const key = bytes(x);
  const subtle = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  const jwk = await jose.importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
  const license = verifier.verify(token, now);
  const subjects = {
    "paidup verify, the whole token": () => verifier.verify(token, now).standing,
    "jose jwtVerify": () =>
      jose.jwtVerify(token, jwk, { issuer: base.issuer, audience: base.product, currentDate: now }),
    "WebCrypto, the signature alone": () => crypto.subtle.verify("Ed25519", subtle, signed, message),
    "noble, the signature alone": () => noble.verifyAsync(signed, message, key),
    "license.allows, a thousand times": () => {
      for (let n = 0; n < 1000; n += 1) license.allows("export");
    },
  };
  // In turns, so that whatever else the machine does meets all of them.
  const times = Object.fromEntries(Object.keys(subjects).map((it) => [it, []]));
  for (let round = 0; round < 60; round += 1) {
    for (const [name, work] of Object.entries(subjects)) {
      const count = name.startsWith("noble") ? 5 : 40;
      if (round === 0) for (let n = 0; n < 200; n += 1) await work();
      const start = performance.now();
      for (let n = 0; n < count; n += 1) await work();
      times[name].push(((performance.now() - start) * 1000) / count);
    }
  }
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(list.length * share)];
  return {
    loading,
    instantiating,
    times: Object.fromEntries(
      Object.entries(times).map(([name, list]) => [name, { median: at(list, 0.5), fast: at(list, 0.1) }]),
    ),
  };
}

function show(where, { loading, instantiating, times }) {
  console.log(`\n${where}: load() ${loading.toFixed(1)} ms, instantiate ${instantiating.toFixed(2)} ms`);
  const ours = times["paidup verify, the whole token"];
  for (const [name, { median, fast }] of Object.entries(times)) {
    const ratio = `${(median / ours.median).toFixed(2)} / ${(fast / ours.fast).toFixed(2)}`;
    console.log(`  ${name.padEnd(34)} ${median.toFixed(1).padStart(8)} µs (fastest tenth ${fast.toFixed(1)}), ratio ${ratio}`);
  }
}

const dist = join(modules, "paidup/dist");
const wasm = await readFile(join(dist, "core/core_bg.wasm"));
const scripts = (await readdir(dist)).filter((it) => it.endsWith(".js") && !it.includes("node"));
const glue = Buffer.concat(
  await Promise.all([...scripts, "core/core.js"].map((it) => readFile(join(dist, it)))),
);
console.log("bytes                        raw    gzip  brotli");
for (const [name, bytes] of [["module", wasm], ["glue and client", glue]]) {
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
  console.log(`  ${name.padEnd(20)} ${sizes.map((it) => String(it).padStart(8)).join("")}`);
}

show(
  `Node ${process.version}`,
  await measure(given, {
    paidup: pathToFileURL(join(dist, "index.node.js")).href,
    jose: pathToFileURL(join(modules, "jose/dist/webapi/index.js")).href,
    noble: pathToFileURL(join(modules, "@noble/ed25519/index.js")).href,
    bytes: wasm,
  }),
);

const { chromium } = createRequire(join(tests, "package.json"))("playwright-core");
const { serve } = await import(pathToFileURL(join(tests, "site.mjs")).href);
const { mkdtemp, cp, writeFile } = await import("node:fs/promises");
const folder = await mkdtemp("/tmp/paidup-bench-");
for (const name of ["paidup", "jose", "@noble"]) {
  await cp(join(modules, name), join(folder, "m", name), { recursive: true });
}
await writeFile(join(folder, "index.html"), "<!doctype html><title>Bench</title>");
const site = await serve(folder, 0);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  await page.goto(site.url);
  const told = await page.evaluate(
    ([source, given, from]) => new Function(`return (${source})`)()(given, from),
    [
      measure.toString(),
      given,
      {
        paidup: "/m/paidup/dist/index.js",
        jose: "/m/jose/dist/webapi/index.js",
        noble: "/m/@noble/ed25519/index.js",
        module: "/m/paidup/dist/core/core_bg.wasm",
      },
    ],
  );
  show(`Chromium ${browser.version()}`, told);
} finally {
  await browser.close();
  await site.close();
}
