// A browser on a bad day: each trouble has a code and a sentence, and none ends in an
// unhandled error.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { check, done, given, until, wish } from "./given.mjs";
import { folderWithPackage, launch, serve, visit } from "./site.mjs";

const folder = await folderWithPackage();
await writeFile(join(folder, "index.html"), "<!doctype html><title>Troubles</title>");
const site = await serve(folder, given.port);
const browser = await launch();
const errors = [];
const PACKAGE = "/node_modules/paidup/dist/index.js";

/** What a page makes of it: its own result, or the error's code and sentences. */
async function within(page, work, argument) {
  return page.evaluate(
    async ([work, argument, address]) => {
      const paidup = await import(address);
      try {
        return await new Function("paidup", "given", `return (${work})(paidup, given)`)(paidup, argument);
      } catch (error) {
        if (!(error instanceof paidup.PaidupError)) return { strange: String(error) };
        return { code: error.code, text: `${error.message}. ${error.nextStep}` };
      }
    },
    [work.toString(), argument, PACKAGE],
  );
}

const usual = { ...given.config, product: "notes" };
const wanted = { options: usual, key: given.key };

function pageIn(context) {
  return visit(context, site.url, errors);
}

try {
  // A policy that does not let WebAssembly run.
  {
    await writeFile(
      join(folder, "strict.js"),
      `import { Client, PaidupError } from "${PACKAGE}";
       try { await Client.open(${JSON.stringify(usual)}); document.title = "it ran"; }
       catch (error) { document.title = error instanceof PaidupError
         ? error.code + " " + error.message + ". " + error.nextStep : String(error); }`,
    );
    await writeFile(join(folder, "strict.html"), `<!doctype html><script type="module" src="strict.js"></script>`);
    site.headers["/strict.html"] = { "content-security-policy": "script-src 'self'" };
    const page = await visit(await browser.newContext(), `${site.url}/strict.html`, errors);
    await until(async () => (await page.title()) !== "", "a title");
    const title = await page.title();
    check.contains(title, "UNSUPPORTED_RUNTIME WebAssembly may not run here");
    check.contains(title, "Allow 'wasm-unsafe-eval' in the page's Content-Security-Policy");
  }

  // No WebAssembly at all.
  {
    const context = await browser.newContext();
    await context.addInitScript(() => delete globalThis.WebAssembly);
    const told = await within(await pageIn(context), ({ Client }, { options }) => Client.open(options), wanted);
    check.same(told.code, "UNSUPPORTED_RUNTIME");
    await context.close();
  }

  // The module is not where it should be, and comes back.
  {
    const context = await browser.newContext();
    const page = await pageIn(context);
    await context.route("**/core_bg.wasm", (route) => route.fulfill({ status: 404, body: "<html>" }));
    const gone = await within(page, ({ load }) => load(), null);
    check.same(gone.code, "NETWORK");
    check.contains(gone.text, "HTTP status 404");
    await context.unroute("**/core_bg.wasm");
    check.same(await within(page, async ({ load }) => load().then(() => "loaded"), null), "loaded");
    await context.close();
  }

  // What is built wrong says so.
  {
    const context = await browser.newContext();
    const page = await pageIn(context);
    const early = await within(page, ({ Verifier }) => new Verifier({ issuer: "i", product: "p", keys: ["x"] }), null);
    check.contains(early.text, "wait for load() first");
    const open = (options) => within(page, ({ Client }, it) => Client.open(it), options);
    check.contains((await open({ ...usual, roots: [] })).text, "pin a root");
    check.contains((await open({ ...usual, roots: ["nonsense"] })).text, "43 characters");
    check.contains((await open({ ...usual, url: "http://licenses.example.com" })).text, "is not https");
    check.contains((await open({ ...usual, url: "nonsense" })).text, "no address of an issuer");
    await context.close();
  }

  // Storage that is blocked, as in some private modes: it works until the page is closed.
  {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      const blocked = () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      };
      Object.defineProperty(globalThis, "localStorage", { get: blocked });
      Object.defineProperty(globalThis, "indexedDB", { get: blocked });
    });
    const page = await pageIn(context);
    const told = await within(
      page,
      async ({ Client }, { options, key }) => {
        const events = [];
        const client = await Client.open({ ...options, onEvent: (it) => events.push(it.kind) });
        const { code } = await client.activate(key);
        const allowed = client.allows("export");
        await client.deactivate();
        return { code, allowed, events };
      },
      wanted,
    );
    check.same(told, { code: "VALID", allowed: true, events: ["notStored"] });
    await context.close();
  }

  // Storage that is full: the same, and it is told.
  {
    const context = await browser.newContext();
    const page = await pageIn(context);
    const told = await within(
      page,
      async ({ Client }, { options, key }) => {
        const events = [];
        const store = {
          load: async () => ({}),
          save: async () => {
            throw new DOMException("Quota exceeded.", "QuotaExceededError");
          },
        };
        const client = await Client.open({ ...options, store, onEvent: (it) => events.push(it.kind) });
        const { code } = await client.activate(key);
        await client.deactivate();
        return { code, events };
      },
      wanted,
    );
    check.same(told, { code: "VALID", events: ["notStored"] });
    await context.close();
  }

  // Clocks that are wrong by years: one contact heals them.
  for (const years of [-30, 30]) {
    const context = await browser.newContext();
    const page = await pageIn(context);
    const told = await within(
      page,
      async ({ Client }, { options, key, years }) => {
        const clock = () => new Date(Date.now() + years * 365 * 86_400_000);
        const client = await Client.open({ ...options, clock });
        const { code } = await client.activate(key);
        const again = await Client.open({ ...options, clock });
        const codes = [code, again.check().code];
        await client.deactivate();
        return codes;
      },
      { ...wanted, years },
    );
    check.same(told, ["VALID", "VALID"], `${years} years`);
    await context.close();
  }

  // Time alone changes the answer, and is told; a tab that slept asks when it is seen again.
  {
    const context = await browser.newContext();
    const page = await pageIn(context);
    const inPage = (work) => within(page, work, wanted);
    await inPage(async ({ Client }, { options, key }) => {
      globalThis.told = [];
      globalThis.skew = 0;
      const clock = () => new Date(Date.now() + skew);
      const onEvent = (it) => told.push(it.code ?? it.kind);
      globalThis.client = await Client.open({ ...options, clock, onEvent });
      await client.activate(key);
    });
    const late = () => {
      skew = 15 * 86_400_000;
      return [client.check().code, client.check().license.policy.name, told];
    };
    check.same(await inPage(late), ["REFRESH_REQUIRED", "growth_policy", ["REFRESH_REQUIRED"]]);
    const wrong = () => {
      skew = Number.NaN;
      return client.check();
    };
    check.same((await inPage(wrong)).code, "INVALID_ARGUMENT");
    await inPage(() => {
      skew = 0;
    });
    await wish("fail-renewal");
    check.same(await inPage(() => client.refresh().then((it) => it.code)), "SUSPENDED");
    await inPage(() => client.startRefreshing());
    await wish("pay");
    await inPage(() => {
      skew = 2 * 3_600_000;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await until(() => inPage(() => client.check().code === "VALID"), "whoever has paid is unlocked");
    await inPage(() => client.deactivate());
    await context.close();
  }

  // Two tabs: one refresh, and both hear of it; what is edited by hand is refused.
  {
    const context = await browser.newContext();
    const [one, two] = [await pageIn(context), await pageIn(context)];
    const open = async ({ Client }, { options }) => {
      globalThis.told = [];
      globalThis.client = await Client.open({ ...options, onEvent: (it) => told.push(it.kind) });
      return client.check().code;
    };
    check.same(await within(one, open, wanted), "NO_LICENSE");
    await within(one, (_, { key }) => client.activate(key).then(() => 0), wanted);
    check.same(await within(two, open, wanted), "VALID", "the license is the site's");
    let requests = 0;
    context.on("request", (it) => {
      requests += it.method() === "POST" && it.url().endsWith("/tokens/refresh") ? 1 : 0;
    });
    await wish("fail-renewal");
    const refresh = () => client.refresh().then((it) => it.code);
    const codes = await Promise.all([within(one, refresh, 0), within(two, refresh, 0)]);
    check.same(codes, ["SUSPENDED", "SUSPENDED"]);
    check.same(requests, 2, "each was asked by somebody, one after the other");
    await wish("pay");
    await within(one, refresh, 0);
    await until(() => within(two, () => client.check().code === "VALID", 0), "the other tab has heard");
    // A locked client asks by itself when it is opened: both at once ask only once.
    requests = 0;
    const start = () => client.startRefreshing();
    await Promise.all([within(one, start, 0), within(two, start, 0)]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    check.same(requests, 0, "nothing is due");

    const edit = async (part) => {
      const database = await new Promise((resolve, reject) => {
        indexedDB.databases().then(([{ name }]) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      });
      const records = database.transaction("stored", "readwrite").objectStore("stored");
      const stored = await new Promise((resolve) => {
        const request = records.get("all");
        request.onsuccess = () => resolve(request.result);
      });
      stored.state = stored.state.replace('"token":"ey', '"token":"fy');
      await new Promise((resolve) => {
        records.put(stored, "all").onsuccess = resolve;
      });
      database.close();
    };
    await one.evaluate(edit);
    const edited = await context.newPage();
    await edited.goto(site.url);
    const told = await within(
      edited,
      async ({ Client }, { options }) => {
        const client = await Client.open(options);
        const { code, usable } = client.check();
        return { code, usable, next: client.explain().nextAction };
      },
      wanted,
    );
    check.that(!told.usable && ["MALFORMED", "SIGNATURE_INVALID"].includes(told.code), JSON.stringify(told));
    check.that(told.next.length > 20, told.next);
    await within(one, () => client.deactivate().then(() => 0), 0);
    await context.close();
  }

  // Something other than the issuer replies, or nothing, or far too much.
  {
    const context = await browser.newContext();
    const page = await pageIn(context);
    const told = await within(
      page,
      async ({ Client, memoryStore }, { options, key }) => {
        const replies = [
          () => new Response("<html>Welcome to the hotel</html>"),
          () => new Response("x".repeat(5_000_000)),
          () => Response.error(),
          () => Promise.reject(new TypeError("dead")),
          () => ({ status: 200, headers: new Headers(), body: null }),
        ];
        const codes = [];
        for (const reply of replies) {
          const client = await Client.open({ ...options, store: memoryStore(), fetch: async () => reply() });
          await client.activate(key).catch((error) => codes.push(error.code));
        }
        return codes;
      },
      wanted,
    );
    check.same(told, ["NETWORK", "NETWORK", "NETWORK", "NETWORK", "NETWORK"]);
    await context.close();
  }
  check.same(errors, [], "no unhandled error in any page");
} finally {
  await browser.close();
  await site.close();
}
done();
