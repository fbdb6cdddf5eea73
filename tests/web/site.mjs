// A site of static files, as a vendor would serve it, and a browser that visits it.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sirv from "sirv";

export const here = dirname(fileURLToPath(import.meta.url));

/** A folder for the site; the package lies in it as `npm install` would lay it. */
export async function folderWithPackage(source) {
  const folder = await mkdtemp(join(tmpdir(), "paidup-web-"));
  if (source) await cp(source, folder, { recursive: true, filter: (it) => !it.includes("node_modules") });
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await cp(join(here, "node_modules", "paidup"), join(folder, "node_modules", "paidup"), {
    recursive: true,
  });
  return folder;
}

/** Serves a folder; `headers` may be changed at any time, by path. */
export async function serve(folder, port, headers = {}) {
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers[request.url.split("?")[0]] ?? {})) {
      response.setHeader(name, value);
    }
    files(request, response, () => {
      response.statusCode = 404;
      response.end("nothing here");
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    headers,
    write: (name, text) => writeFile(join(folder, name), text),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page whose unhandled errors fail the test. */
export async function visit(context, url, errors = []) {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(error));
  page.errors = errors;
  await page.goto(url);
  return page;
}
