// Ends service workers that an address still has from a static app (app/server/routes/workers): where this page is shown, no
// static app is, because it is switched off, or gone, or another app took its address.
export const endWorkers = async (url) => {
  const root = `/apps/${url}/`;
  const found = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  const old = found.filter(({ scope }) => new URL(scope).pathname.startsWith(root));
  await Promise.all(old.map((registration) => registration.unregister()));
};
