// From the server's messages to what is on screen. The messages are those of app/node/pages/messages.py.
import { flushSync } from "react-dom";
import { eventLoop } from "$/utils/context-registry";
import { ReflexEvent, hydrateClientStorage } from "$/utils/state";
import { noteHome } from "../document/apart.js";
import { setOwnAppearance } from "./appearance.js";
import { listen } from "../channel.js";
import { changeDocument, isFor } from "../document/document.js";
import { fetchVersion, runVersion } from "../modules/modules.js";
import { setOwnPages } from "../modules/own_pages.js";
import { askWhenLeaving, takeTyped } from "../document/leaving.js";
import { asProblem, followRefusals } from "./refused.js";
import { letGo } from "../states/states.js";
import { useStylesheets } from "./stylesheets.js";
import { asText, remember, restore } from "./typed.js";

export const nothing = { view: null, notice: null, problems: [], trouble: null };

let shown = nothing;
let away = null; // the page that a notice stands in place of, and what was typed on it
let latest = 0; // number of the last message that wants the screen
let told = {}; // what is wrong, by the last message that says so; it may come while a page is fetched
const listeners = new Set();

export const current = () => shown;

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

// The host is on screen until the function that is returned is called.
export const mount = () => {
  listen(receive);
  askWhenLeaving(typedNow);
  const unfollow = followRefusals(tellRefused);
  return () => {
    unfollow();
    listen(null);
    askWhenLeaving(() => null);
    away = null;
    latest += 1;
    letGo(null);
    useStylesheets([]);
    set(nothing);
  };
};

const set = (next) => {
  shown = next;
  setOwnAppearance(next.view?.appearance ? { url: next.view.url, appearance: next.view.appearance } : null);
  setOwnPages(next.view && { url: next.view.url, templates: Object.keys(next.view.version) });
  listeners.forEach((listener) => listener());
};

// In development mode, in which whatever is declared is granted.
const tellRefused = (origin) => {
  const { view, problems, cause } = shown;
  if (!view || view.granted !== null || !isFor(view)) return;
  const problem = asProblem(view.app, origin);
  if (problems.some(({ remedy }) => remedy === problem.remedy)) return;
  set({ ...shown, problems: [...problems, problem], cause: problems.length ? cause : "refused" });
};

const receive = (message) => {
  if (message.home) noteHome(message.home);
  switch (message.type) {
    case "show":
      return show(message);
    case "coming":
      return void fetchVersion(message).catch(() => {}); // a failure is told when it is shown
    case "storage":
      return changeDocument(message) ? undefined : answerStorage(message);
    case "notice":
      latest += 1;
      if (shown.view) away = { view: shown.view, typed: remember() };
      letGo(null);
      return set({ ...nothing, notice: message });
    case "problems":
      told = { problems: message.problems, cause: message.cause };
      return set({ ...shown, ...told });
    case "leave":
      return window.location.assign(message.href);
  }
};

// All of a version changes at once: the page on screen gets no updates while the module is fetched; then the
// updates that waited and the new page are shown together.
const show = async (message) => {
  // One that is open says what it needs, and goes on (panels.js).
  if (shown.view?.app !== message.app && changeDocument(message)) return;
  const turn = ++latest;
  told = { problems: message.problems, cause: message.cause };
  try {
    const [makePages] = await Promise.all([fetchVersion(message), useStylesheets(message.stylesheets)]);
    if (turn !== latest) return;
    const version = runVersion(message, makePages);
    const { render, hooks } = version[message.page];
    const typed = typedBefore(message);
    away = null;
    letGo(message.app);
    // A title that is a var is set by a component of the page.
    if (message.title !== null) document.title = message.title;
    flushSync(() => set({ ...nothing, ...told, view: { ...message, version, render, hooks } }));
    restore(typed);
    answerNewStorage(message);
  } catch (error) {
    if (turn !== latest) return;
    letGo(shown.view?.app ?? null);
    console.error("This version of the app could not be shown:", error);
    set({ ...shown, trouble: { error, retry: () => show(message) } });
  }
};

// What was typed on this page before: in another version of it, before a notice came in its place, or before a login
// ended.
const typedBefore = (message) => {
  const { view } = shown;
  if (view) return isSamePage(message, view) && message.number !== view.number ? remember() : [];
  if (away && isSamePage(message, away.view)) return away.typed;
  return takeTyped(message);
};

const isSamePage = (message, view) => message.app === view.app && message.path === view.path;

const typedNow = () => {
  const page = shown.view ? { view: shown.view, typed: remember() } : away;
  if (!page) return null;
  const { owner, login, path } = page.view;
  return { owner, login, path, typed: asText(page.typed) };
};

const answerStorage = ({ app, storage, reply }) =>
  eventLoop.addEvents([ReflexEvent(reply, { app_id: app, values: hydrateClientStorage(storage) })]);

// Vars that came with a version may have values in the browser, from an older version or another app's name for them.
const answerNewStorage = ({ app, ask, reply }) => {
  if (Object.keys(hydrateClientStorage(ask)).length) answerStorage({ app, storage: ask, reply });
};
