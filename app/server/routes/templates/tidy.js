// Whoever sees the login page, or comes back to the apps after signing out, is signed out: nothing that static apps keep
// to answer in the server's place stays.
(async () => {
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
  const names = (await self.caches?.keys()) ?? [];
  await Promise.all(names.map((name) => self.caches.delete(name)));
})().finally(() => {
  const following = document.getElementById("following");
  if (following) location.replace(following.href);
});
