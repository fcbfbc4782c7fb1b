// The floor viewer: an address chooses storey and room; everything else follows from it.

import { load } from "./js/data.js";
import { details, drawing, html, roomLinks, storeyLinks } from "./js/draw.js";
import { listen, tools } from "./js/gestures.js";
import { link, parse } from "./js/routes.js";
import { middle, move, whole, zoom } from "./js/view.js";

const BUILDING = "plans/building.json";
const base = new URL(".", document.baseURI);
const at = (id) => document.getElementById(id);
const shown = { plan: null, view: null };
let visit = 0;

async function show() {
  const mine = ++visit;
  const route = parse(location.pathname, base.pathname);
  if (shown.plan === null) say("Loading the building…");
  try {
    const building = await load(BUILDING);
    const wanted = route.name === "home" ? entrance(building) : storeyOf(building, route);
    const plan = wanted && (await load(wanted.plan));
    // Meanwhile somebody may have gone elsewhere.
    if (mine === visit) render(building, plan, route);
  } catch (error) {
    if (mine === visit) fail(error);
  }
}

function entrance(building) {
  return storeyOf(building, { level: 0 }) ?? building.storeys[0];
}

function storeyOf(building, route) {
  return building.storeys.find((storey) => storey.level === route.level);
}

function render(building, plan, route) {
  at("building").textContent = building.name;
  if (at("storeys").childElementCount === 0) at("storeys").append(...storeyLinks(building.storeys));
  mark(at("storeys"), "level", plan && String(plan.level));
  if (!plan) {
    clear();
    say(
      building.storeys.length ? "There is no such page in this building." : "This building has no storeys yet.",
      html("a", { href: base.pathname }, "Go to the entrance"),
    );
    document.title = `Not found · ${building.name}`;
    return;
  }
  if (shown.plan !== plan) showPlan(plan);
  showRoom(building, plan, route.room ?? null);
}

function showPlan(plan) {
  shown.plan = plan;
  shown.view = whole(plan);
  at("storey-name").textContent = plan.name;
  at("search").value = "";
  at("plan").replaceChildren(drawing(plan));
  at("plan").setAttribute("aria-label", `Plan of the ${plan.name}`);
  listRooms();
  const empty = plan.rooms.length === 0;
  for (const id of ["plan", "tools", "hint"]) at(id).hidden = empty;
  if (empty) say("No rooms are drawn on this storey yet.");
  else at("message").hidden = true;
  look();
}

function showRoom(building, plan, id) {
  const room = plan.rooms.find((one) => one.id === id);
  const focusIsLeaving = at("details").contains(document.activeElement);
  mark(at("plan"), "room", id);
  mark(at("rooms"), "room", id);
  if (room) at("details").replaceChildren(...details(plan, room));
  else if (id === null) at("details").replaceChildren();
  else {
    at("details").replaceChildren(
      html("p", {}, `There is no room ${id} on this storey.`),
      html("a", { href: link(plan.level) }, "Close"),
    );
  }
  if (focusIsLeaving) at("plan").focus();
  document.title = `${room ? `${room.number} ${room.name}` : plan.name} · ${building.name}`;
}

function listRooms() {
  const words = at("search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = (shown.plan?.rooms ?? []).filter((room) => {
    const text = `${room.number} ${room.name} ${room.category} ${room.department}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  at("rooms").replaceChildren(...(shown.plan ? roomLinks(shown.plan, found) : []));
  at("no-rooms").hidden = found.length > 0 || words.length === 0;
  mark(at("rooms"), "room", parse(location.pathname, base.pathname).room ?? null);
}

function mark(container, key, value) {
  for (const element of container.querySelectorAll(`[data-${key}]`)) {
    if (element.dataset[key] === value) element.setAttribute("aria-current", "page");
    else element.removeAttribute("aria-current");
  }
}

function clear() {
  shown.plan = null;
  at("storey-name").textContent = "";
  for (const id of ["plan", "details", "rooms"]) at(id).replaceChildren();
  for (const id of ["plan", "tools", "hint"]) at(id).hidden = true;
}

function say(text, ...more) {
  const message = at("message");
  message.classList.remove("error");
  message.replaceChildren(html("p", {}, text), ...more);
  message.hidden = false;
}

function fail(error) {
  clear();
  const again = html("button", { type: "button" }, "Try again");
  again.addEventListener("click", show);
  say(`The plan could not be loaded. ${error.message}`, again);
  at("message").classList.add("error");
}

function look() {
  const { x, y, width, height } = shown.view;
  at("plan").querySelector("svg").setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
}

function act(gesture) {
  const { plan, view } = shown;
  if (!plan) return;
  const matrix = at("plan").querySelector("svg").getScreenCTM();
  if (gesture.fit) shown.view = whole(plan);
  else if (gesture.pan) shown.view = move(view, gesture.pan[0] / matrix.a, gesture.pan[1] / matrix.d, plan);
  else {
    const point = gesture.at
      ? new DOMPoint(gesture.at.x, gesture.at.y).matrixTransform(matrix.inverse())
      : middle(view);
    shown.view = zoom(view, gesture.zoom, point, plan);
  }
  look();
}

function go(href) {
  if (href !== location.href) history.pushState(null, "", href);
  show();
}

function onClick(event) {
  const anchor = event.target.closest?.("a[href]");
  if (!anchor || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const target = new URL(anchor.getAttribute("href"), document.baseURI);
  if (target.origin !== base.origin || !target.pathname.startsWith(base.pathname)) return;
  event.preventDefault();
  go(target.href);
}

function onEscape(event) {
  const route = parse(location.pathname, base.pathname);
  if (event.key === "Escape" && route.room) go(new URL(link(route.level), base).href);
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onEscape);
window.addEventListener("popstate", show);
at("search").addEventListener("input", listRooms);
at("tools").addEventListener("click", (event) => {
  const tool = tools[event.target.dataset.tool];
  if (tool) act(tool);
});
listen(at("plan"), act);
show();
