// Moving and zooming with mouse, touch, wheel and keys.

const STEP = 1.25;
const DRAG_PIXELS = 4; // less is a click with an unsteady hand

/**
 * Listen on the plan's frame; `act` gets {pan: [dx, dy]} in pixels, {zoom: factor, at: {x, y} | null} with the
 * point in pixels of the page, or {fit: true}.
 */
export function listen(frame, act) {
  frame.addEventListener("keydown", (event) => onKey(event, frame, act));
  frame.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      act({ zoom: event.deltaY < 0 ? STEP : 1 / STEP, at: { x: event.clientX, y: event.clientY } });
    },
    { passive: false },
  );
  listenToPointers(frame, act);
}

/** What a button of the tool bar does. */
export const tools = {
  in: { zoom: STEP, at: null },
  out: { zoom: 1 / STEP, at: null },
  fit: { fit: true },
};

const KEYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function onKey(event, frame, act) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const direction = KEYS[event.key];
  if (direction) act({ pan: direction.map((sign) => (sign * frame.clientWidth) / 10) });
  else if (event.key === "+" || event.key === "=") act(tools.in);
  else if (event.key === "-") act(tools.out);
  else if (event.key === "0") act(tools.fit);
  else return;
  event.preventDefault();
}

function listenToPointers(frame, act) {
  const pointers = new Map();
  let travelled = 0;

  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  frame.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (pointers.size === 2) pinch(pointers, event.pointerId, now, act);
    else if (travelled > DRAG_PIXELS) {
      // From here on it is no click: later moves come here even when the pointer leaves the frame.
      if (!frame.hasPointerCapture(event.pointerId)) frame.setPointerCapture(event.pointerId);
      act({ pan: [before.x - now.x, before.y - now.y] });
    }
    pointers.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    frame.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  // A link under the pointer must not open when a drag ends on it, nor be dragged itself.
  frame.addEventListener("click", (event) => travelled > DRAG_PIXELS && event.detail && event.preventDefault());
  frame.addEventListener("dragstart", (event) => event.preventDefault());
}

function pinch(pointers, moved, now, act) {
  const [other] = [...pointers].filter(([id]) => id !== moved).map(([, point]) => point);
  const before = pointers.get(moved);
  const factor =
    Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
  act({ zoom: factor, at: { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 } });
}
