// In place of the service worker of an app that is not there (any more) for whoever asks: ends itself, and lets the
// pages that it controlled ask the server.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const end = async () => {
    await self.registration.unregister();
    // Not waited for: they wait for this worker to be active.
    for (const page of await self.clients.matchAll({ type: "window" })) page.navigate(page.url);
  };
  event.waitUntil(end());
});
