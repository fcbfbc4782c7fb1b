// Root-relative addresses in an app: `/projects` is its own page of that name, wherever the app is hosted. The same as
// app/source/own_pages.py, for links and for what a page does without the server.
import { GIVEN_TO_APPS, OF_THE_CORE } from "../of_the_core.js"; // written by app/frontend/compile.py

let own = null; // of the app on screen

// The app on screen, null for none: its url, and the url templates of its pages.
export const setOwnPages = (app) => {
  own = app && { url: app.url, written: app.templates.filter(isWrittenOut).map(pattern) };
};

// Where an address leads that is written in the app on screen.
export const withOwnPage = (address) => {
  if (!own || typeof address !== "string") return address;
  const path = address.replace(/[?#].*/s, "");
  if (!isRootRelative(path) || GIVEN_TO_APPS.test(path)) return address;
  if (OF_THE_CORE.test(path) && !own.written.some((one) => one.test(path))) return address;
  return `/apps/${own.url}${path === "/" ? "" : path}${address.slice(path.length)}`;
};

// An event of the browser itself, with the addresses in it that it needs.
export const withOwnAddresses = (event) => {
  const { name, payload } = event;
  if (name === "_redirect") return { ...event, payload: { ...payload, path: withOwnRedirect(payload.path) } };
  if (name !== "_remove_cookie" || !payload.options) return event;
  const options = { ...payload.options, path: ownCookiePath(payload.options.path) };
  return { ...event, payload: { ...payload, options } };
};

// The path of a cookie that the app keeps for a part of its pages; "/" is the site.
export const ownCookiePath = (path) => {
  if (!own || typeof path !== "string" || path === "/" || !isRootRelative(path) || GIVEN_TO_APPS.test(path)) return path;
  return `/apps/${own.url}${path}`;
};

// Where `rx.redirect` leads. The router takes "projects" as "/projects", on whichever page.
export const withOwnRedirect = (path) => {
  if (typeof path !== "string") return path;
  const written = /^[\p{L}\p{N}_[-][^:?#]*([?#].*)?$/su.test(path) ? `/${path}` : path;
  const leads = withOwnPage(written);
  return leads === written ? path : leads;
};

const isRootRelative = (path) => /^\/(?![/\\])/.test(path) && !path.split("/").some((part) => part === "." || part === "..");

// A page whose template does not begin with a parameter: a catch-all does not swallow pages of the core.
const isWrittenOut = (template) => /^\/[^[]/.test(template);

// A url template as app/source/url_templates.py matches it.
const pattern = (template) => new RegExp(`^${template.split("/").slice(1).filter(Boolean).map(segment).join("")}/?$`);

const segment = (text) => {
  if (text.startsWith("[[...")) return "(?:/[\\s\\S]*)?";
  if (text.startsWith("[[")) return "(?:/[^/]+)?";
  return text.startsWith("[") ? "/[^/]+" : `/${text}`;
};
