// Elements for the page. Text goes in as text, never as markup.

import { link } from "./routes.js";

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with attributes and children (elements or text). */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** The drawing of a plan; each room is a link to its details. */
export function drawing(plan) {
  return svg("svg", { preserveAspectRatio: "xMidYMid meet" }, ...plan.rooms.map((room) => shape(plan, room)));
}

function shape(plan, room) {
  const [x, y, space] = place(room.points);
  const name = room.name.length * 0.4 < space ? room.name : `${room.name.slice(0, Math.floor(space / 0.4) - 1)}…`;
  return svg(
    "a",
    {
      class: "room",
      href: link(plan.level, room.id),
      "data-room": room.id,
      "data-category": room.category,
      "aria-label": `${room.number} ${room.name}, ${area(room)}`,
    },
    svg("polygon", { points: room.points.map((point) => point.join(",")).join(" ") }),
    svg("text", { class: "number", x, y: y - 0.2 }, room.number),
    svg("text", { x, y: y + 0.8 }, name),
  );
}

/** Where a label goes: the middle of a room, and the metres it may take. */
function place(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  return [(left + right) / 2, (Math.min(...ys) + Math.max(...ys)) / 2, right - left - 0.4];
}

/** The list of links to the rooms of a plan. */
export function roomLinks(plan, rooms) {
  return rooms.map((room) =>
    html(
      "li",
      {},
      html(
        "a",
        { href: link(plan.level, room.id), "data-room": room.id },
        html("span", {}, `${room.number} ${room.name}`),
        html("span", { class: "muted" }, area(room)),
      ),
    ),
  );
}

/** The links to the storeys. */
export function storeyLinks(storeys) {
  return storeys.map((storey) =>
    html("li", {}, html("a", { href: link(storey.level), "data-level": String(storey.level) }, storey.name)),
  );
}

/** All that is known of a room. */
export function details(plan, room) {
  const facts = {
    Number: room.number,
    Storey: plan.name,
    Category: room.category,
    Department: room.department,
    Area: area(room),
    Height: `${room.height.toFixed(2)} m`,
  };
  return [
    html("h3", {}, room.name),
    html("dl", {}, ...Object.entries(facts).flatMap(([term, fact]) => [html("dt", {}, term), html("dd", {}, fact)])),
    html("a", { href: link(plan.level) }, "Close"),
  ];
}

function area(room) {
  return `${room.area.toFixed(1)} m²`;
}
