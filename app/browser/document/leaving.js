// A page whose login is over leads to the login page, which says why and leads back. What was typed waits in this
// tab for its author, as it does when a page has to be loaded again: not for anybody else, and not for longer than until somebody signs out on purpose.
const TYPED = "graft.typed";
const LEFT = "graft_left"; // the cookie of app/server/identity/cookies.py
const LONGEST = 24 * 60 * 60 * 1000; // ms

let typedNow = () => null;

// Ask `typed` when the page is left: for { owner, login, path, typed }, or null.
export const askWhenLeaving = (typed) => {
  typedNow = typed;
};

export const leave = (why) => {
  keepTyped();
  const { pathname, search, hash } = window.location;
  const next = encodeURIComponent(pathname + search + hash);
  window.location.assign(`/login?ended=${encodeURIComponent(why)}&next=${next}`);
};

// Load the page again; what was typed waits for it.
export const loadAgain = () => {
  keepTyped();
  window.location.reload();
};

const keepTyped = () => {
  const typed = typedNow();
  if (typed?.typed.length) write({ ...typed, at: Date.now() });
};

// Return what waits for a page of this person, once.
export const takeTyped = ({ owner, path }) => {
  const kept = read();
  if (!kept) return [];
  const isMine = kept.owner === owner && Date.now() - kept.at < LONGEST && !wasLeft(kept.login);
  if (isMine && kept.path !== path) return [];
  sessionStorage.removeItem(TYPED);
  return isMine ? kept.typed : [];
};

const wasLeft = (login) => document.cookie.split("; ").includes(`${LEFT}=${login}`);

// Storage may be full or forbidden: then nothing waits.
const write = (kept) => {
  try {
    sessionStorage.setItem(TYPED, JSON.stringify(kept));
  } catch {}
};

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(TYPED));
  } catch {
    return null;
  }
};

if (typeof window !== "undefined") window.graftLeave = leave; // called by app/bridge/sockets/outbox.py
