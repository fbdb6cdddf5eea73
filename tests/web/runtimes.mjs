// Where else the package runs: a worker, a service worker, a project that Vite bundles,
// served and in development.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, createServer } from "vite";
import { check, done, given, until } from "./given.mjs";
import { folderWithPackage, launch, serve, visit } from "./site.mjs";

const options = JSON.stringify({ ...given.config, product: "notes" });
const browser = await launch();

const WORKER = `
  import { Client } from "/node_modules/paidup/dist/index.js";
  self.onmessage = async ({ data }) => {
    const client = await Client.open(${options});
    if (data) await client.activate(data);
    self.postMessage([client.check().code, client.allows("export")]);
  };`;

const SERVICE_WORKER = `
  import { Client } from "/node_modules/paidup/dist/index.js";
  self.addEventListener("message", (event) => event.waitUntil((async () => {
    const client = await Client.open(${options});
    event.source.postMessage([client.check().code, client.allows("export")]);
  })()));`;

try {
  const folder = await folderWithPackage();
  await writeFile(join(folder, "index.html"), "<!doctype html><title>Workers</title>");
  await writeFile(join(folder, "worker.js"), WORKER);
  await writeFile(join(folder, "service-worker.js"), SERVICE_WORKER);
  const site = await serve(folder, given.port);
  const context = await browser.newContext();
  const page = await visit(context, site.url);
  const ask = (key) =>
    page.evaluate(
      (key) =>
        new Promise((resolve, reject) => {
          const worker = new Worker("worker.js", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = reject;
          worker.postMessage(key);
        }),
      key,
    );
  check.same(await ask(null), ["NO_LICENSE", false]);
  check.same(await ask(given.key), ["VALID", true]);
  check.same(await ask(null), ["VALID", true], "another worker finds what the first has kept");
  const told = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
        navigator.serviceWorker
          .register("service-worker.js", { type: "module" })
          .then(() => navigator.serviceWorker.ready)
          .then(({ active }) => active.postMessage("ask"), reject);
      }),
  );
  check.same(told, ["VALID", true], "and so does the service worker");
  check.same(page.errors, []);
  await page.evaluate(async (options) => {
    const { Client } = await import("/node_modules/paidup/dist/index.js");
    await (await Client.open(options)).deactivate();
  }, JSON.parse(options));
  await context.close();
  await site.close();

  // A Vite project, as its README says.
  const project = await folderWithPackage();
  await mkdir(join(project, "src"));
  await writeFile(
    join(project, "index.html"),
    `<!doctype html><title>Vite</title><script type="module" src="/src/main.ts"></script>`,
  );
  await writeFile(
    join(project, "src/main.ts"),
    `import { Client } from "paidup";
     const client = await Client.open(${options});
     await client.activate(${JSON.stringify(given.key)});
     document.title = client.check().code + " " + client.allows("export");
     await client.deactivate();`,
  );
  const config = {
    root: project,
    logLevel: "error",
    configFile: false,
    optimizeDeps: { exclude: ["paidup"] },
    build: { target: "es2022" },
  };
  await build(config);
  const assets = await readFile(join(project, "dist/index.html"), "utf8");
  check.contains(assets, "/assets/index-");
  const bundled = await serve(join(project, "dist"), given.port);
  const built = await visit(await browser.newContext(), bundled.url);
  await until(async () => (await built.title()) === "VALID true" || built.title(), "the bundled page");
  check.same(built.errors, []);
  await until(() => built.evaluate(() => document.readyState === "complete"), "the page is done");
  await built.close();
  await bundled.close();

  const again = await folderWithPackage();
  await mkdir(join(again, "src"));
  await writeFile(join(again, "index.html"), `<!doctype html><title>Vite</title><script type="module" src="/src/main.ts"></script>`);
  await writeFile(
    join(again, "src/main.ts"),
    `import { Verifier } from "paidup";
     const verifier = await Verifier.load({ issuer: "i", product: "p", keys: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"] });
     document.title = verifier.explain("no token").code;`,
  );
  const development = await createServer({
    ...config,
    root: again,
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false },
  });
  await development.listen();
  const { port } = development.httpServer.address();
  const developed = await visit(await browser.newContext(), `http://127.0.0.1:${port}`);
  await until(async () => (await developed.title()) === "MALFORMED" || developed.title(), "the page in development");
  check.same(await developed.title(), "MALFORMED");
  check.same(developed.errors, []);
  await development.close();

  // Node needs no entry of its own.
  const { Verifier } = await import("paidup");
  check.same(
    (await Verifier.load({ issuer: "i", product: "p", keys: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"] }))
      .explain("no token").code,
    "MALFORMED",
  );
} finally {
  await browser.close();
}
done();
