// The components of an app over its versions. React goes on with what is on screen as long as an element's component
// is the same function. So a component here is a shell that stays, around code that a newer version may replace: the
// same code is the same component, and changed code takes over the shell of the code that it stands for.
import * as React from "react";

// Changes whenever shells got new code, so that all of them run it.
export const Version = React.createContext(null);

const onDemand = new Map(); // digest -> component that fetches itself when it is shown
let shells = 0;

// A component that is loaded on demand has no code of the app's in it: it is the same in all versions.
export const once = (digest, make) => {
  if (!onDemand.has(digest)) onDemand.set(digest, make());
  return onDemand.get(digest);
};

// Begin a version. `before` are the components on screen, `declared` is [digest, family, named] of each component of
// the version in the order of its pages. `component` makes them one by one, `commit` puts their code into use.
export const takeOver = (before, declared) => {
  const after = declared.map(([digest, family, named], number) => ({ digest, family, named, number }));
  const stayed = new Map(before.map((component) => [component.digest, component]));
  const replaced = pairs(before, after);
  const made = [];
  return {
    made,
    component: (number, make) => {
      const { digest, family, named } = after[number];
      const same = stayed.get(digest);
      const code = same ? same.code : make(hooksFor(digest));
      const shell = (same ?? replaced.get(number))?.shell ?? newShell(family, code);
      made.push({ digest, family, named, shell, code });
      return shell.component;
    },
    commit: () => made.forEach(({ shell, code }) => shell.use(code)),
  };
};

const newShell = (family, code) => {
  shells += 1;
  // Keys of elements begin with the place of their component (app/bridge/compiling/keys.py).
  const placed = (component) => Object.assign(component, { place: `~${shells} ` });
  if (!family) return { component: placed(code), use: () => {} };
  let current = code;
  const component = React.memo((props) => {
    React.useContext(Version);
    return current(props);
  });
  component.displayName = code.displayName;
  return { component: placed(component), use: (next) => (current = next) };
};

// React keeps a callback while what it depends on is the same; here it also depends on the code that it is part of.
const hooksFor = (digest) => ({
  ...React,
  useCallback: (callback, needs) => React.useCallback(callback, needs && [digest, ...needs]),
});

// Find which component that is gone each new one stands for: those of one family, in their order, between components
// that stayed, when there are as many of both. Where it is not clear, the new one is mounted anew.
const pairs = (before, after) => {
  const gone = groups(before, after);
  const found = new Map();
  for (const [group, fresh] of groups(after, before)) {
    const old = gone.get(group) ?? [];
    if (old.length === fresh.length) fresh.forEach(({ number }, i) => found.set(number, old[i]));
  }
  return found;
};

// Those of `components` that `others` do not have, by family and by the last one before them that `others` have.
const groups = (components, others) => {
  const kept = new Set(others.map(({ digest }) => digest));
  const found = new Map();
  let last = "";
  for (const component of components) {
    if (kept.has(component.digest)) {
      last = component.digest;
    } else if (component.family) {
      const group = component.named ? component.family : `${component.family} after ${last}`;
      found.set(group, [...(found.get(group) ?? []), component]);
    }
  }
  return found;
};
