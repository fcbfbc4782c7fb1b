// From the server's messages to what is on screen. The messages are those of app/runtime/messages.py.
import { app, eventLoop } from "$/utils/context-registry";
import { ReflexEvent, hydrateClientStorage } from "$/utils/state";
import { loadPages, settle } from "./modules.js";
import { useStylesheets } from "./stylesheets.js";
import { applyStates, connectStates, hold, letGo } from "./states.js";

const CHANNEL = "graft";
const empty = { view: null, notice: null, problems: [], trouble: null };

let shown = empty;
let latest = 0; // number of the last message that wants the screen
const listeners = new Set();

export const current = () => shown;

export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

// Nothing is on screen any more: the page of the host was left.
export const forget = () => {
  latest += 1;
  letGo();
  useStylesheets([]);
  set(empty);
};

// Receive the server's messages among the updates of Reflex's states, in the order in which they are sent.
export const connect = (store) => {
  if (store.dispatchers[CHANNEL]) return;
  connectStates(store);
  store.dispatchers[CHANNEL] = ({ message }) => receive(message);
};

const set = (next) => {
  shown = next;
  listeners.forEach((listener) => listener());
};

const receive = (message) => {
  switch (message.type) {
    case "show":
      return show(message);
    case "storage":
      return answerStorage(message);
    case "notice":
      latest += 1;
      letGo();
      return set({ ...empty, notice: message });
    case "problems":
      return set({ ...shown, problems: message.problems });
    case "leave":
      return window.location.assign(message.href);
  }
};

// All of a version changes at once: while its module is fetched the page on screen gets no updates; then the
// held updates and the new page are shown together.
const show = async (message) => {
  const turn = ++latest;
  addStorage(message.storage);
  if (shown.view) hold();
  applyStates(message.states);
  try {
    const [pages] = await Promise.all([loadPages(message), useStylesheets(message.stylesheets)]);
    if (turn !== latest) return;
    letGo();
    const { render, hooks } = pages[message.page];
    document.title = message.title;
    set({ ...empty, view: { ...message, render, hooks } });
    settle(message.app);
  } catch (error) {
    if (turn !== latest) return;
    letGo();
    console.error("This version of the app could not be shown:", error);
    set({ ...shown, trouble: { error, retry: () => show({ ...message, states: {} }) } });
  }
};

// Reflex reads this table at every update, so that entries of apps can be added to it.
const addStorage = (storage) => {
  for (const kind in storage) {
    app.clientStorage[kind] = Object.assign(app.clientStorage[kind] ?? {}, storage[kind]);
  }
};

const answerStorage = ({ app: id, storage, reply }) => {
  addStorage(storage);
  eventLoop.addEvents([ReflexEvent(reply, { app_id: id, values: hydrateClientStorage(storage) })]);
};
