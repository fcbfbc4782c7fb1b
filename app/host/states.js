// The states of hosted apps in Reflex's state store.
let store = null;
let held = null; // updates that wait, in order, while a new version is fetched

export const connectStates = (stateStore) => {
  store = stateStore;
};

// Give states the values that the server sent; those that the store does not know yet are added.
export const applyStates = (states) => {
  for (const [name, values] of Object.entries(states)) {
    if (!store.dispatchers[name]) {
      store.mergeInitialState({ [name]: values });
      store.dispatchers[name] = holdable(store.dispatchers[name]);
    } else {
      store.dispatchers[name](values);
    }
  }
};

const holdable = (dispatch) => (delta) => {
  if (held) held.push(() => dispatch(delta));
  else dispatch(delta);
};

// From now on updates of hosted apps wait.
export const hold = () => {
  held ??= [];
};

// Apply the updates that waited, in their order.
export const letGo = () => {
  const waiting = held ?? [];
  held = null;
  waiting.forEach((apply) => apply());
};
