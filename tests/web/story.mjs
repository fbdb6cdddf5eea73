// A customer and the web app: from the first visit, over a flight without a network and a
// failed payment, to the end of the subscription.
import { join } from "node:path";
import { check, done, given, until, wish } from "./given.mjs";
import { folderWithPackage, here, launch, serve, visit } from "./site.mjs";

const folder = await folderWithPackage(join(here, "../../examples/web"));
const site = await serve(folder, given.port);
await site.write("config.json", JSON.stringify(given.config));
const browser = await launch();
const context = await browser.newContext();
const shots = process.env.PAIDUP_TEST_SCREENSHOTS;
try {
  let page = await visit(context, site.url);
  const standing = () => page.textContent("#standing");
  const said = () => page.textContent("#said");
  const stands = (text) => until(async () => (await standing()).includes(text) || standing(), text);
  const says = (text) => until(async () => (await said()).includes(text) || said(), text);
  const shot = (name) => shots && page.screenshot({ path: join(shots, `${name}.png`) });
  const press = (id) => page.click(id);
  const type = async (key) => {
    await page.fill("[name=key]", key);
    await page.press("[name=key]", "Enter");
  };

  await stands("Free plan. Enter a license key to export your notes.");
  await page.fill("[name=note]", "Milk <b>and</b> bread");
  await page.press("[name=note]", "Enter");
  check.same(await page.textContent("#notes li"), "Milk <b>and</b> bread");
  await press("#export");
  await says("Exporting is part of a paid plan. Enter a license key, or import a license file.");
  await shot("1-free");

  // A key with a typing error costs no request.
  let requests = 0;
  page.on("request", (it) => (requests += it.url().startsWith(given.config.url) ? 1 : 0));
  const wrong = given.key.replace(/.$/, (it) => (it === "0" ? "1" : "0"));
  await type(wrong);
  await until(async () => (await said()).length > 0 || said(), "a sentence");
  check.contains(await said(), "Compare the key with the one that was sent");
  check.same(requests, 0, "no request for a mistyped key");
  await shot("2-mistyped");

  await type(` ${given.key.toLowerCase()} `);
  await says("Thank you. This browser is activated.");
  check.contains(await standing(), "Growth plan, renews on");
  check.contains(await standing(), "Works offline until");
  await shot("3-activated");
  const [download] = await Promise.all([page.waitForEvent("download"), press("#export")]);
  check.same(download.suggestedFilename(), "notes.md");

  // On a plane: neither the license server nor the site itself can be reached.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await context.setOffline(true);
  await site.close();
  await page.close();
  page = await visit(context, site.url);
  await stands("Growth plan, renews on");
  check.same(await page.textContent("#notes li"), "Milk <b>and</b> bread");
  const [offline] = await Promise.all([page.waitForEvent("download"), press("#export")]);
  check.same(offline.suggestedFilename(), "notes.md");
  await press("#refresh");
  await says("Check the connection and try again.");
  check.contains(await standing(), "Growth plan");
  await stands("The license server has not been reached since");
  await shot("4-offline");
  await context.setOffline(false);

  // The payment fails.
  await wish("fail-renewal");
  await press("#refresh");
  await stands("Growth plan is suspended, usually because a payment failed.");
  check.that(await page.evaluate(() => document.getElementById("standing").className === "locked"), "locked");
  await press("#export");
  await says("Exporting is part of a paid plan.");
  await shot("5-suspended");
  await page.reload();
  await stands("Growth plan is suspended");
  check.contains(await standing(), "It resumes when you have paid.");

  // Whoever pays is unlocked without doing anything: a locked page asks when it is opened.
  await wish("pay");
  await page.reload();
  await stands("Growth plan, renews on");
  check.contains(await standing(), "Works offline until");

  // A second browser of the same customer: one seat is paid for.
  const elsewhere = await browser.newContext();
  const first = page;
  const second = await visit(elsewhere, site.url).catch((error) => error);
  check.that(second instanceof Error, "the site itself is still away for a new visitor");
  const again = await serve(await folderWithPackage(join(here, "../../examples/web")), given.port);
  await again.write("config.json", JSON.stringify(given.config));
  page = await visit(elsewhere, site.url);
  await stands("Free plan.");
  await type(given.key);
  await says("Every seat of the license is taken (1 of 1): ");
  check.same(await page.locator("#machines li").count(), 1);
  await shot("6-every-seat-taken");
  await page.click("#machines button");
  await says("The seat is free.");
  await type(given.key);
  await says("Thank you. This browser is activated.");
  check.contains(await standing(), "Growth plan");
  await page.click("#seats");
  await until(async () => (await page.textContent("#machines")).includes("(this browser), last seen on "), "the list");
  check.same(await page.locator("#machines li").count(), 1);
  check.same(page.errors, []);

  page = first;
  await press("#refresh");
  await stands("This browser was deactivated. Enter the license key to activate it again.");
  await press("#deactivate").catch(() => undefined);
  check.same(page.errors, []);

  // Seven days later Safari has forgotten everything: the seat comes back.
  await elsewhere.clearCookies();
  page = (await elsewhere.pages()).at(-1);
  await page.evaluate(async () => {
    localStorage.clear();
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  });
  await page.reload();
  await stands("Free plan.");
  await type(given.key);
  await until(async () => (await page.locator("#machines li").count()) === 1, "the seat that was lost");
  await page.click("#machines button");
  await says("The seat is free.");
  await type(given.key);
  await says("Thank you. This browser is activated.");
  check.contains(await standing(), "Growth plan");

  await wish("cancel");
  await press("#refresh");
  await stands("Growth plan, canceled. Everything works until");
  check.contains(await standing(), "Everything works until");
  await shot("7-grace");
  check.same(page.errors, []);

  // Only the origin that the vendor has named is answered.
  const preflight = (origin) =>
    fetch(`${given.config.url}/api/v1/tokens`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    }).then((it) => it.headers.get("access-control-allow-origin"));
  check.same(await preflight(given.origin), given.origin);
  check.same(await preflight("https://evil.example"), null);
  const vendor = await fetch(`${given.config.url}/readyz`, { headers: { origin: given.origin } });
  check.same(vendor.headers.get("access-control-allow-origin"), null, "the vendor's own side");
  await again.close();
} finally {
  await browser.close();
}
done();
