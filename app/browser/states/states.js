// The states of hosted apps in Reflex's state store.
let store = null;
let shownApp = null; // the app whose page is on screen
let held = null; // updates that wait, in order, while a newer version of that app is fetched

export const connectStates = (stateStore) => {
  store = stateStore;
};

// Give states the values that the server sent with a page; those that the store does not know yet are added.
// A newer version of the page on screen is not shown before its module is there: until then updates wait.
export const applyStates = (states, app) => {
  if (app === shownApp) held ??= [];
  for (const [name, values] of Object.entries(states)) {
    if (store.dispatchers[name]) {
      store.dispatchers[name](values);
    } else {
      store.mergeInitialState({ [name]: values });
      store.dispatchers[name] = holdable(store.dispatchers[name]);
    }
  }
};

const holdable = (dispatch) => (delta) => {
  if (held) held.push(() => dispatch(delta));
  else dispatch(delta);
};

// The page of `app` (null: none) is about to be on screen: apply the updates that waited, in their order.
export const letGo = (app) => {
  const waiting = held ?? [];
  held = null;
  shownApp = app;
  waiting.forEach((apply) => apply());
};
