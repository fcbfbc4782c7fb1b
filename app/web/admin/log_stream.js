// The log of an app as it is written, from the HTTP API: one JSON object a line, without end.
const BACKLOG = 500; // lines that a connection begins with; the server keeps no more of an app
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15000;
const NO_MORE = "you may no longer read it"; // app/api/streams.py

// Follow the log of an app until the function that is returned is called. `onLines` gets arrays of {text, line};
// `onState` gets "connecting", "following", "lost" or "ended", and why it ended.
export const follow = (app, onLines, onState) => {
  const stop = new AbortController();
  run(app, onLines, onState, stop.signal);
  return () => stop.abort();
};

const run = async (app, onLines, onState, stop) => {
  const known = new Known();
  let wait = FIRST_WAIT;
  onState("connecting");
  for (; ; known.beginAgain()) {
    // Browsers open few connections to one server: a tab that nobody sees gives its own back.
    await untilVisible(stop);
    if (stop.aborted) return;
    const seen = new AbortController();
    const unwatch = whenHidden(() => seen.abort());
    const signal = AbortSignal.any([stop, seen.signal]);
    try {
      const response = await fetch(`/api/v1/apps/${app}/logs?follow=true&limit=${BACKLOG}`, { signal });
      if (response.status >= 400 && response.status < 500) return onState("ended", await reason(response));
      if (!response.ok) throw new Error(response.statusText);
      onState("following");
      wait = FIRST_WAIT;
      const end = await read(response, (lines) => onLines(known.fresh(lines)));
      if (end === NO_MORE) return onState("ended", end);
    } catch {
      // Out of reach, or cut off: it is tried again.
    } finally {
      unwatch();
    }
    if (seen.signal.aborted || stop.aborted) continue;
    onState("lost");
    await pause(wait, stop);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
};

const reason = async (response) => {
  try {
    return (await response.json()).detail;
  } catch {
    return `the server answers with ${response.status}`;
  }
};

// Read lines until the answer ends; returns why it ended, if the server said so.
const read = async (response, onLines) => {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return "";
    const texts = (rest + value).split("\n");
    rest = texts.pop();
    const lines = texts.filter(Boolean).map((text) => ({ text, line: JSON.parse(text) }));
    const end = lines.at(-1)?.line.event === "stream ends" ? lines.pop().line.why : null;
    if (lines.length) onLines(lines);
    if (end) return end;
  }
};

// What arrived lately: a connection that comes back begins with lines that were there before.
class Known {
  recent = [];
  before = new Set();

  beginAgain() {
    this.before = new Set(this.recent);
  }

  fresh(lines) {
    const fresh = lines.filter(({ text }) => !this.before.has(text));
    this.recent = [...this.recent, ...fresh.map(({ text }) => text)].slice(-BACKLOG);
    return fresh;
  }
}

const whenHidden = (act) => {
  const look = () => document.visibilityState === "hidden" && act();
  document.addEventListener("visibilitychange", look);
  return () => document.removeEventListener("visibilitychange", look);
};

const untilVisible = (stop) =>
  new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState === "hidden" && !stop.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    stop.addEventListener("abort", look);
    look();
  });

const pause = (ms, stop) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
