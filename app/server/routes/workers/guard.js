// Comes before the service worker of a static app (app/server/routes/workers/__init__.py). Whoever goes to a page of the app
// asks the server first: it knows whether they are signed in, and whether the app is there for them. Only a browser
// without a connection shows what the app kept.
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.stopImmediatePropagation();
  const kept = async (error) => {
    const places = [event.request, self.registration.scope, new URL("index.html", self.registration.scope)];
    for (const place of places) {
      const found = await caches.match(place, { ignoreSearch: true });
      if (found) return found;
    }
    throw error;
  };
  event.respondWith(fetch(event.request).catch(kept));
});
