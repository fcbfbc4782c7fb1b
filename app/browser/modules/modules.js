// Fetching and running the ES modules of apps. A module imports nothing: it is called with what it needs.
import { noteApp } from "../document/apart.js";
import { bundled as libraries, ensure, load } from "./bundled.js";
import { once, takeOver } from "./components.js";
import * as inPages from "../in_pages.js";

libraries["$/graft/in_pages.js"] = inPages;

const running = new Map(); // app -> {url, pages, components} of the version that was shown last
const KEPT = 8; // apps

// Fetch an app version's module, and the libraries that it needs; returns what makes its pages.
export const fetchVersion = async ({ module: url, libraries: needed }) => {
  const [module] = await Promise.all([fetchModule(url), ...needed.map(ensure)]);
  return module.default;
};

// Return the pages of a version that is about to be shown: url template -> {hooks, render}.
export const runVersion = ({ app, module: url }, makePages) => {
  const before = running.get(app);
  if (before?.url === url) return before.pages;
  let version;
  const components = (declared) => {
    version = takeOver(before?.components ?? [], declared);
    return version.component;
  };
  const pages = makePages({ libraries, load, once, components });
  version.commit();
  running.delete(app);
  running.set(app, { url, pages, components: version.made });
  if (running.size > KEPT) running.delete(running.keys().next().value);
  return pages;
};

// A browser may remember that a module could not be fetched, so another try needs another address.
const fetchModule = async (url) => {
  noteApp();
  try {
    return await import(/* @vite-ignore */ url);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return import(/* @vite-ignore */ `${url}?again=${Date.now()}`);
  }
};
