// Which element of the page on screen an element of its next version stands for. React goes by keys, and those that a
// page brings (app/bridge/compiling/keys.py) say little more than "the second box": with a box more above it, that is another
// one. Here both pages are at hand, so that elements can be told apart by what is in them.
import { cloneElement, isValidElement } from "react";

const OF_ITS_OWN = /^(?!~)|^~(id|name):/; // a key of the author's, or one made from an id or a name
const TELLING = ["placeholder", "aria-label", "title", "label", "value", "href", "to", "src"];
const EMOTION_TYPE = "__EMOTION_TYPE_PLEASE_DO_NOT_USE__"; // where Emotion keeps the component that it styles
const MOST_PAIRS = 10_000; // compared among the children of one element

let fresh = 0;

// Return the element `after`, with the keys of those elements of `before` that it and its children stand for.
export const adopt = (before, after) => {
  if (!isValidElement(before) || !isValidElement(after) || !alike(before, after)) return after;
  const children = childrenOf(after);
  if (!children.some(isValidElement)) return after;
  const olds = childrenOf(before);
  const found = match(olds.filter(hasKey), children.filter(hasKey));
  const adopted = children.map((child, place) => {
    if (!isValidElement(child)) return child;
    if (!hasKey(child)) return adopt(olds[place], child); // a branch of a choice: by its place
    const old = found.get(child);
    if (old) return withKey(adopt(old, child), old.key);
    return isOfItsOwn(child) ? child : withKey(child, `~+${++fresh}`);
  });
  return cloneElement(after, undefined, ...adopted);
};

const withKey = (element, key) => (element.key === key ? element : cloneElement(element, { key }));

const childrenOf = ({ props: { children } }) => (Array.isArray(children) ? children : [children]);

const alike = (one, other) => one.type === other.type && one.props[EMOTION_TYPE] === other.props[EMOTION_TYPE];

const hasKey = (child) => isValidElement(child) && child.key !== null;

const isOfItsOwn = ({ key }) => OF_ITS_OWN.test(key);

// new element -> old element. Those with a key of their own go by that; the others by the same signs, then by how many
// they have in common; then, if as many are left of a kind, by their order.
const match = (olds, news) => {
  const found = new Map();
  const free = new Set(olds);
  const take = (element, old) => {
    if (!old || !free.delete(old)) return;
    found.set(element, old);
  };
  const left = () => [news.filter((e) => !found.has(e) && !isOfItsOwn(e)), [...free].filter((e) => !isOfItsOwn(e))];

  const byKey = new Map(olds.filter(isOfItsOwn).map((old) => [old.key, old]));
  for (const element of news.filter(isOfItsOwn)) {
    const old = byKey.get(element.key);
    if (old && alike(old, element)) take(element, old);
  }
  const bySigns = new Map();
  for (const old of left()[1]) bySigns.set(textOf(old), [...(bySigns.get(textOf(old)) ?? []), old]);
  for (const element of left()[0]) {
    take(element, bySigns.get(textOf(element))?.find((old) => free.has(old) && alike(old, element)));
  }
  const scores = pairsOf(...left()).map(([element, old]) => [inCommon(old, element), element, old]);
  for (const [score, element, old] of scores.sort(([a], [b]) => b - a)) {
    if (score > 0 && !found.has(element)) take(element, old);
  }
  const [open, others] = left();
  for (const element of open) {
    if (found.has(element)) continue;
    const kind = open.filter((other) => alike(other, element));
    const before = others.filter((old) => alike(old, element));
    if (kind.length === before.length) kind.forEach((other, place) => take(other, before[place]));
  }
  return found;
};

const pairsOf = (news, olds) =>
  news.length * olds.length > MOST_PAIRS
    ? []
    : news.flatMap((element) => olds.filter((old) => alike(old, element)).map((old) => [element, old]));

const textOf = (element) => [...signs(element)].join("\n");

// How much two elements have in common, 0 to 1.
const inCommon = (one, other) => {
  const [some, others] = [signs(one), signs(other)];
  const both = [...some].filter((sign) => others.has(sign)).length;
  return both / (some.size + others.size - both || 1);
};

const known = new WeakMap();

// What tells an element apart, in it and in its children: ids, names, components of the app, texts.
const signs = (element) => {
  if (known.has(element)) return known.get(element);
  const found = new Set();
  known.set(element, found);
  const { key, type, props } = element;
  if (hasKey(element) && isOfItsOwn(element)) found.add(key);
  if (type.place) found.add(type.place);
  for (const name of TELLING) if (typeof props[name] === "string") found.add(`${name}=${props[name]}`);
  for (const child of childrenOf(element)) {
    if (isValidElement(child)) signs(child).forEach((sign) => found.add(sign));
    else if (typeof child === "string") found.add(child);
  }
  return found;
};
