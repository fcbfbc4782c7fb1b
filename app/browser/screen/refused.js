// Tells developers what the browser refuses to load from other servers; else only its console would know.
const KINDS = {
  "connect-src": "connect",
  "font-src": "font",
  "frame-src": "frame",
  "img-src": "img",
  "media-src": "media",
  "script-src-elem": "script",
  "style-src-elem": "style",
};

// Call `tell(origin)` with what AppEntry.origins would have to name, until the function that is returned is called.
export const followRefusals = (tell) => {
  const refused = ({ effectiveDirective, blockedURI }) => {
    const kind = KINDS[effectiveDirective];
    if (kind && /^(https?|wss?):/.test(blockedURI)) tell(`${kind} ${new URL(blockedURI).origin}`);
  };
  document.addEventListener("securitypolicyviolation", refused);
  return () => document.removeEventListener("securitypolicyviolation", refused);
};

// The problem, as the server would tell it.
export const asProblem = (app, origin) => ({
  app,
  file: "entry.py",
  line: null,
  message: `The browser loads nothing from ${origin.split(" ")[1]}, because AppEntry.origins does not name it.`,
  remedy: `Add "${origin}" to origins, or put what is loaded into assets/.`,
  rule: "",
  detail: "",
});
