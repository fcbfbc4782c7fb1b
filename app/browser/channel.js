// The server's messages about hosted apps, received from the first moment, whether the host is on screen or not.
// Part of the first load of every page, so it is small and imports nothing but state.
import { useContext } from "react";
import { StateStoreContext } from "$/utils/context-registry";
import { applyStates, connectStates } from "./states/states.js";
import "./document/leaving.js";
import { addStorage } from "./states/storage.js";
import { tellUntouched } from "./states/untouched.js";

const CHANNEL = "graft"; // app/node/pages/messages.py
const waiting = []; // messages that came before the host
let listener = null;

// Pages without scripts, such as /account, show times in this zone (app/server/routes/zones.py).
if (typeof document !== "undefined") {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  document.cookie = `graft_zone=${encodeURIComponent(timeZone)}; path=/; max-age=31536000; samesite=lax`;
}

// Wraps the whole app, below Reflex's state store and above its socket.
export function GraftChannel({ children }) {
  const store = useContext(StateStoreContext);
  // While rendering, not in an effect: the socket opens in an effect of a component below.
  if (typeof document !== "undefined" && !store.dispatchers[CHANNEL]) {
    connectStates(store);
    tellUntouched(store);
    store.dispatchers[CHANNEL] = ({ message }) => receive(message);
  }
  return children;
}

// Hand messages to `next`, first those that waited; null when the host leaves the screen.
export const listen = (next) => {
  listener = next;
  while (listener && waiting.length) listener(waiting.shift());
};

const receive = (message) => {
  if (message.storage) addStorage(message.storage);
  // Updates of these states may be next on the socket.
  if (message.states) applyStates(message.states, message.app);
  if (listener) listener(message);
  else waiting.push(message);
};
