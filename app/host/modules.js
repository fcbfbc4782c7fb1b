// Fetching and running the ES modules of apps. A module imports nothing: it is called with what it needs.
import { eager, load } from "./libraries.js";

const libraries = { ...eager };
const pagesOf = new Map(); // url of a module -> promise of its pages
const kept = new Map(); // app -> Map(digest of code -> what that code made)

// Return the pages of an app version: url template -> {hooks, render}.
export const loadPages = ({ app, module: url, libraries: needed }) => {
  if (!pagesOf.has(url)) {
    const pages = build(app, url, needed);
    pagesOf.set(url, pages);
    pages.catch(() => pagesOf.delete(url));
  }
  return pagesOf.get(url);
};

// The screen shows `app` in its newest version: drop what only older versions need.
export const settle = (app) => {
  const components = kept.get(app);
  for (const digest of components.keys()) {
    if (!components.used.has(digest)) components.delete(digest);
  }
  while (pagesOf.size > 8) pagesOf.delete(pagesOf.keys().next().value);
};

const build = async (app, url, needed) => {
  const [module] = await Promise.all([fetchModule(url), ...needed.map(ensure)]);
  const components = kept.get(app) ?? kept.set(app, new Map()).get(app);
  components.used = new Set();
  return module.default({
    libraries,
    load,
    // The same code is the same component in every version, so React keeps what is mounted.
    once: (digest, make) => {
      components.used.add(digest);
      if (!components.has(digest)) components.set(digest, make());
      return components.get(digest);
    },
  });
};

const ensure = async (name) => {
  libraries[name] ??= await load(name);
};

// A browser may remember that a module could not be fetched, so another try needs another address.
const fetchModule = async (url) => {
  try {
    return await import(/* @vite-ignore */ url);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return import(/* @vite-ignore */ `${url}?again=${Date.now()}`);
  }
};
