// The address bar and the title are those of the app in the frame. What leads out of the app leads out of the frame.
const frame = document.querySelector("iframe");
const app = document.querySelector("a.name").getAttribute("href");
const follow = () => {
  let inside;
  try {
    inside = frame.contentWindow.location;
    if (inside.origin !== location.origin) return;
  } catch {
    return;
  }
  const { pathname, search, hash, href } = inside;
  if (pathname !== app && !pathname.startsWith(app + "/")) {
    location.assign(href);
    return;
  }
  if (href !== location.href) history.replaceState(history.state, "", pathname + search + hash);
  document.title = frame.contentDocument.title || document.title;
};
frame.addEventListener("load", follow);
setInterval(follow, 300);
