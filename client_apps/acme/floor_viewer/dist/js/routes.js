// Addresses of the app: "" (the entrance), "storeys/2", "storeys/2/rooms/2-05".

/**
 * @param {string} path the path of the address
 * @param {string} base the path below which the app lies, with a slash at its end
 * @returns {{name: "home"} | {name: "storey", level: number, room: string | null} | {name: "missing"}}
 */
export function parse(path, base) {
  if (path === base || `${path}/` === base) return { name: "home" };
  const rest = path.startsWith(base) ? path.slice(base.length) : "";
  const found = /^storeys\/(-?\d{1,3})(?:\/rooms\/([\w-]{1,40}))?\/?$/.exec(rest);
  if (!found) return { name: "missing" };
  return { name: "storey", level: Number(found[1]), room: found[2] ?? null };
}

/** The address of a storey, or of a room on it, relative to the app's base. */
export function link(level, room = null) {
  return room === null ? `storeys/${level}` : `storeys/${level}/rooms/${room}`;
}
