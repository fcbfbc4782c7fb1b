// What part of a plan is seen: a rectangle {x, y, width, height} in metres. Nothing here is changed in place.

const CLOSEST = 4; // metres across
const MARGIN = 1; // metres around a plan that is seen whole

/** The view that shows a plan whole. */
export function whole(plan) {
  return {
    x: -MARGIN,
    y: -MARGIN,
    width: plan.width + 2 * MARGIN,
    height: plan.depth + 2 * MARGIN,
  };
}

/** The view after zooming by `factor` (above 1: closer), with the point `at` staying where it is. */
export function zoom(view, factor, at, plan) {
  const all = whole(plan);
  const width = Math.min(Math.max(view.width / factor, CLOSEST), all.width);
  const scale = width / view.width;
  return inside(
    {
      x: at.x - (at.x - view.x) * scale,
      y: at.y - (at.y - view.y) * scale,
      width,
      height: view.height * scale,
    },
    plan,
  );
}

/** The view after moving by metres; it never leaves the plan. */
export function move(view, dx, dy, plan) {
  return inside({ ...view, x: view.x + dx, y: view.y + dy }, plan);
}

/** The middle of a view. */
export function middle(view) {
  return { x: view.x + view.width / 2, y: view.y + view.height / 2 };
}

function inside(view, plan) {
  const all = whole(plan);
  return {
    ...view,
    x: clamp(view.x, all.x, all.x + all.width - view.width),
    y: clamp(view.y, all.y, all.y + all.height - view.height),
  };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
