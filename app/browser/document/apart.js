// Keeps the admin pages and code of apps out of one document: what an app left running there could ride along on a
// confirmation (app/web/admin/confirm_state.py). Links to the admin pages load a document; this is for the way back.
// Where apps have an origin of their own, it leads whoever leaves them to that of the core. A document of one app
// (document.js) shows no other page.
import { useEffect } from "react";
import { useLocation } from "react-router";
import { isElsewhere } from "./document.js";

let appsRan = false;
let home = ""; // the origin of the core's pages, where apps have one of their own

// Told by modules.js before an app's code runs.
export const noteApp = () => {
  appsRan = true;
};

// Told by views.js what the server says.
export const noteHome = (origin) => {
  home = origin;
};

// The address of all apps.
export const homeUrl = () => `${home}/`;

export function Apart() {
  const { pathname, search, hash } = useLocation();
  const isAtHome = home !== "" && pathname !== "/apps" && !pathname.startsWith("/apps/");
  useEffect(() => {
    if (isAtHome) window.location.replace(home + pathname + search + hash);
  }, [isAtHome, pathname, search, hash]);
  const isApart = pathname === "/admin" || pathname.startsWith("/admin/");
  const needsAnother = isElsewhere(pathname);
  useEffect(() => {
    if (needsAnother || (appsRan && isApart)) window.location.reload();
  }, [isApart, needsAnother]);
  return null;
}
