// Whoever sees the login page is signed out: nothing that static apps keep to answer in the server's place stays.
(async () => {
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
  const names = (await self.caches?.keys()) ?? [];
  await Promise.all(names.map((name) => self.caches.delete(name)));
})();
