// The component on the page /apps/…: shows the page that the server says, in the version that it says.
import { Component, createElement as h, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { useLocation } from "react-router";
import { app, eventLoop } from "$/utils/context-registry";
import { ReflexEvent } from "$/utils/state";
import { adopt } from "./screen/adopt.js";
import { Version } from "./modules/components.js";
import { current, mount, nothing, subscribe } from "./screen/views.js";
import { endWorkers } from "./document/workers.js";
import { PreviewMark } from "./screen/preview.js";
import { Failed, Frame, Loading, Notice, OtherDocument, Problems } from "./screen/panels.js";

export function GraftHost() {
  useEffect(mount, []);
  const shown = useSyncExternalStore(subscribe, current, () => nothing);
  const { pathname } = useLocation();
  const url = pathname.split("/")[2];
  useEffect(() => void endWorkers(url), [url]);
  return h(
    "div",
    { className: "graft-host", style: { minHeight: "100vh" } },
    shown.view?.frame &&
      h(Frame, { name: shown.view.name, url: shown.view.url }, h(PreviewMark, { view: shown.view })),
    shown.view && !shown.view.frame && h(PreviewMark, { view: shown.view, isAlone: true }),
    content(shown, pathname),
    shown.view && h(OtherDocument, { view: shown.view, isAbove: shown.problems.length > 0 || shown.trouble !== null }),
    h(Problems, shown),
  );
}

function content({ view, notice }, pathname) {
  if (notice) return h(Notice, { notice });
  if (!view || !isWithin(pathname, `/apps/${view.url}`)) return h(Loading);
  return h(
    Boundary,
    { version: `${view.app} ${view.number} ${view.page}` },
    h(
      Version,
      { value: view.version },
      h(Page, { key: `${view.app} ${view.page} ${view.hooks}`, render: view.render }),
    ),
  );
}

const isWithin = (path, root) => path === root || path.startsWith(root + "/");

// Calls the page's function as a part of this component, so that React compares the old page with the new one
// element by element and keeps what did not change: DOM, focus, typed text, scroll position, open dialogs.
function Page({ render }) {
  const onScreen = useRef(null);
  const page = adopt(onScreen.current, render());
  useLayoutEffect(() => {
    onScreen.current = page;
  });
  return page;
}

// Keeps an error of an app's page within the page. The next version gets a new chance.
class Boundary extends Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error, info) {
    eventLoop.addEvents([
      ReflexEvent(`${app.exception_state_name}.handle_frontend_exception`, {
        info: `${error?.name}: ${error?.message}\n${error?.stack}`,
        component_stack: info.componentStack ?? "",
      }),
    ]);
  }

  componentDidUpdate(previous) {
    if (this.state.error && previous.version !== this.props.version) {
      this.setState({ error: null });
    }
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return h(Failed, { error, retry: () => this.setState({ error: null }) });
  }
}
