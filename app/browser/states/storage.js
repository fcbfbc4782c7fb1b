// Vars of hosted apps that live in cookies and in the browser's storage.
import { app, eventLoop } from "$/utils/context-registry";
import { ReflexEvent } from "$/utils/state";

const SYNC = "_sync_local_storage"; // of $/utils/state
let isListening = false;

// Reflex reads this table at every update and when it connects, so that entries of apps can be added to it.
export const addStorage = (storage) => {
  for (const kind in storage) {
    app.clientStorage[kind] = Object.assign(app.clientStorage[kind] ?? {}, storage[kind]);
  }
  if (!isListening) window.addEventListener("storage", syncWithOtherTabs);
  isListening = true;
};

// Reflex looks for entries to sync when its socket's component renders, which may be long before an app brings
// its own. An entry that both find is sent twice, the second time to no effect.
const syncWithOtherTabs = ({ key, storageArea }) => {
  if (storageArea !== localStorage) return;
  const entries = Object.entries(app.clientStorage.local_storage ?? {});
  const state_keys = entries
    .filter(([name, options]) => options.sync && (options.name || name) === key)
    .map(([name]) => name);
  if (state_keys.length) eventLoop.addEvents([ReflexEvent(SYNC, { key, state_keys })]);
};
