// Light or dark in an app whose theme says in which it begins. People may choose another, as everywhere; that choice is
// for this app and kept apart from that for everything else, which comes back when the app is left.
// Reflex's ThemeProvider asks here (app/frontend/compile.py).
const FOR_ALL = "theme"; // Reflex's name for it

let own = null; // { url, appearance } of the app on screen, if its theme says one
let changed = () => {};

export const setOwnAppearance = (next) => {
  if (own?.url === next?.url && own?.appearance === next?.appearance) return;
  own = next;
  changed();
};

export const followAppearance = (listener) => {
  changed = listener;
  return () => {
    changed = () => {};
  };
};

export const modeOr = (otherwise) => localStorage.getItem(name()) || own?.appearance || otherwise;

// What nobody chose is not kept, so that the next version of the app may begin in another.
export const keepMode = (mode) => {
  if (own && mode === own.appearance && localStorage.getItem(name()) === null) return;
  localStorage.setItem(name(), mode);
};

const name = () => (own ? `${FOR_ALL} ${own.url}` : FOR_ALL);
