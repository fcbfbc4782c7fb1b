// What pages of apps import of the host (app/frontend/libraries.py, OF_THE_HOST).
import { createElement as h, isValidElement, useEffect, useLayoutEffect, useState } from "react";
import { bundled, ensure, load } from "./modules/bundled.js";
import { once } from "./modules/components.js";

// The title of a page, where it is a var. An empty one is the name of the app.
export function GraftPageTitle({ title, name }) {
  const text = String(title ?? "") || name;
  useLayoutEffect(() => {
    document.title = text;
  }, [text]);
  return null;
}

const ADDRESS = /^\/_graft\/parts\/[0-9a-f]{64}\.js$/;
const PAUSES = [300, 1000, 3000]; // ms before each further try to fetch one

const components = new Map(); // address -> component
const KEPT = 200;

// What a var of type `rx.Component` holds: the address of a module that the server wrote for this tab, and that only
// this tab's user gets. Nothing else is run, whatever a var holds.
export function GraftPart({ of }) {
  if (Array.isArray(of)) return of.map((one, index) => h(GraftPart, { key: index, of: one }));
  // A text beside components, or an element: a choice between two vars is made of elements already.
  if (!ADDRESS.test(of)) return isValidElement(of) || typeof of !== "object" ? (of ?? null) : null;
  return h(Fetched, { address: of });
}

// What was on screen stays until the next one is there.
function Fetched({ address }) {
  const [component, setComponent] = useState(() => components.get(address) ?? null);
  useEffect(() => {
    let isWanted = true;
    fetchPart(address).then(
      (next) => isWanted && setComponent(() => next),
      (error) => console.error("A component of a var could not be shown:", error),
    );
    return () => {
      isWanted = false;
    };
  }, [address]);
  return component && h(component);
}

const fetchPart = async (address) => {
  const component = components.get(address) ?? (await make(await fetchModule(address)));
  components.delete(address);
  components.set(address, component);
  if (components.size > KEPT) components.delete(components.keys().next().value);
  return component;
};

const make = async ({ libraries, default: part }) => {
  await Promise.all(libraries.map(ensure));
  return part({ libraries: bundled, load, once });
};

// A browser may remember that a module could not be fetched, so another try needs another address.
const fetchModule = async (address) => {
  for (const pause of PAUSES) {
    try {
      return await import(/* @vite-ignore */ pause === PAUSES[0] ? address : `${address}?again=${Date.now()}`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return import(/* @vite-ignore */ `${address}?again=${Date.now()}`);
};
