// Calls `onTick` when it comes on screen, and again and again while somebody looks.
import { useEffect, useRef } from "react";

export function Ticker({ seconds, onTick }) {
  const tick = useRef(onTick);
  tick.current = onTick;
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && tick.current();
    look();
    const timer = setInterval(look, seconds * 1000);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [seconds]);
  return null;
}
