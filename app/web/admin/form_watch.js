// Stands in a form: says when something in it is not saved, asks before it is lost, shows what is wrong.
import { createElement as h, useEffect, useRef, useState } from "react";
import { useBlocker } from "react-router";
import { Text } from "@radix-ui/themes";

const QUESTION = "You have changes that are not saved. Leave this page without them?";

export function FormWatch({ refusals }) {
  const place = useRef(null);
  const changed = useChanges(place);
  useQuestion(changed);
  useEffect(() => {
    if (refusals) formOf(place).querySelector("[aria-invalid=true]")?.focus();
  }, [refusals]);
  return h(
    Text,
    { ref: place, as: "p", size: "2", color: "amber", role: "status" },
    changed ? "You have changes that are not saved." : "",
  );
}

const formOf = (place) => place.current.closest("form");

// Whether the form differs from what it was when it came on screen.
const useChanges = (place) => {
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    const form = formOf(place);
    const content = () => JSON.stringify([...new FormData(form)]);
    const before = content();
    const look = () => setChanged(content() !== before);
    form.addEventListener("input", look);
    form.addEventListener("change", look);
    return () => {
      form.removeEventListener("input", look);
      form.removeEventListener("change", look);
    };
  }, [place]);
  return changed;
};

// Asks before another page is opened, in this tab by a link or by the browser itself.
const useQuestion = (changed) => {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => changed && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state === "blocked") {
      window.confirm(QUESTION) ? blocker.proceed() : blocker.reset();
    }
  }, [blocker]);
  useEffect(() => {
    if (!changed) return;
    const ask = (event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed]);
};
