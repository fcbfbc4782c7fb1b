// What this document is for. One whose policy names other servers is for the app that was granted to load from them
// (app/server/routes/app_documents.py): all other pages are in other documents, and an app that loads from servers that its
// document does not name needs another one.
import { loadAgain } from "./leaving.js";

const TRIED = "graft.document";

const root = typeof document === "undefined" ? null : document.documentElement;
const named = JSON.parse(root?.dataset.graftOrigins ?? "[]");
const owner = named.length ? window.location.pathname.split("/")[2] : null; // the url of that app

// Whether the document is for one app alone.
export const isOfOneApp = () => owner !== null;

// Whether a page belongs into another document.
export const isElsewhere = (pathname) => {
  const [, apps, url] = pathname.split("/");
  return owner !== null && (apps !== "apps" || url !== owner);
};

// Whether the document is one for a page, by what the server says of it.
export const isFor = ({ url, origins, granted }) =>
  !isElsewhere(`/apps/${url}`) &&
  origins.every((origin) => named.includes(origin)) &&
  (granted === null || named.every((origin) => granted.includes(origin)));

// Load the document that the page needs, if this one is not. Returns whether it is loaded: not twice, because
// something between the server and this browser may keep or change documents, and the page is of use without it.
export const changeDocument = (message) => {
  try {
    if (isFor(message)) {
      sessionStorage.removeItem(TRIED);
      return false;
    }
    const wanted = JSON.stringify([window.location.pathname, message.origins]);
    if (sessionStorage.getItem(TRIED) === wanted) return false;
    sessionStorage.setItem(TRIED, wanted);
  } catch {
    return false; // storage is forbidden, so that nothing would end it
  }
  loadAgain();
  return true;
};
