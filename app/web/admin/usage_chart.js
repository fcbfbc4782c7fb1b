// One chart of how much an app is used. The library is fetched when the first chart is on screen.
import { createElement as h } from "react";
import { asLocal } from "./parts/local_time.js";
import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

const axis = { tick: { fill: "var(--gray-11)", fontSize: 11 }, tickLine: false, stroke: "var(--gray-6)" };
const paper = {
  background: "var(--color-panel-solid)",
  border: "1px solid var(--gray-6)",
  borderRadius: "var(--radius-2)",
  color: "var(--gray-12)",
  fontSize: "var(--font-size-1)",
};

// `points`: [{time, …}], the oldest first. `series`: [{name, label, color, line}], what to draw of them.
// A table beside it says the same, so that it is nothing for screen readers and the keyboard.
export function UsageChart({ points, series, unit = "" }) {
  return h(
    "div",
    { "aria-hidden": true, style: { height: 150, width: "100%" } },
    h(
      ResponsiveContainer,
      null,
      h(
        ComposedChart,
        { data: points, margin: { top: 6, right: 6, bottom: 0, left: 0 }, accessibilityLayer: false },
        h(CartesianGrid, { vertical: false, stroke: "var(--gray-4)" }),
        h(XAxis, { dataKey: "time", minTickGap: 40, tickFormatter: clock, ...axis }),
        h(YAxis, { width: unit ? 60 : 44, allowDecimals: unit !== "", unit: unit && `\u00a0${unit}`, domain: [0, "auto"], axisLine: false, ...axis }),
        h(Tooltip, {
          contentStyle: paper,
          labelFormatter: clock,
          cursor: { stroke: "var(--gray-8)" },
          formatter: (value, name) => [`${value} ${unit}`, name],
          isAnimationActive: false,
        }),
        series.map(draw),
      ),
    ),
  );
}

const clock = (at) => asLocal(at, "clock");

const draw = ({ name, label, color, line }) => {
  const stroke = `var(--${color}-9)`;
  const shared = { key: name, dataKey: name, name: label, stroke, isAnimationActive: false };
  // With dots, because a minute between two without events is no line.
  return line
    ? h(Line, { ...shared, dot: { r: 2, strokeWidth: 0, fill: stroke }, strokeWidth: 2, connectNulls: false })
    : h(Area, { ...shared, type: "stepAfter", fill: `var(--${color}-a4)` });
};
