// Keeps the app, so that it opens without a network. The license is not kept here: the
// package does that by itself.
const CACHE = "acme-notes-1";
const PACKAGE = "node_modules/paidup/dist/";
const MODULES = [
  "client", "codes", "contact", "device", "error", "event", "index", "license", "load", "machine",
  "options", "own", "rhythm", "store", "summary", "time", "transport", "turns", "verifier",
  "core/core",
];
const FILES = [
  "./", "app.js", "words.js", "style.css", "config.json",
  ...MODULES.map((it) => `${PACKAGE}${it}.js`),
  `${PACKAGE}core/core_bg.wasm`,
];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

// The network first, so that a new version is seen; what is kept where there is none.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      try {
        const fresh = await fetch(request);
        if (fresh.ok) await cache.put(request, fresh.clone());
        return fresh;
      } catch {
        return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
      }
    })(),
  );
});
