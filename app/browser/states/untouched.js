// Which states the browser still holds as they were compiled: the server need not send them.
import { initialStateHashes } from "$/utils/context";
import { app } from "$/utils/context-registry";

// Reflex tells it when a page is opened, but has all states sent again whenever a lost connection comes back.
export const tellUntouched = (store) => {
  const compiled = app.initialEvents;
  const [ofNames, ...hashes] = initialStateHashes;
  const names = Object.keys(app.initialState).sort();
  const isUntouched = (name) => store.getSnapshot(name) === app.initialState[name];
  app.initialEvents = (first) => {
    const [boot, ...others] = compiled(first);
    const told = hashes.map((hash, at) => (isUntouched(names[at]) ? hash : ""));
    return [{ ...boot, payload: { ...boot.payload, hashes: [ofNames, ...told] } }, ...others];
  };
};
