// What apps get as "react-router": its links know the app's own pages.
import { createElement as h, forwardRef, useContext } from "react";
import { Link as RouterLink, NavLink as RouterNavLink, Navigate as RouterNavigate } from "react-router";
import { Version } from "./components.js";
import { withOwnPage } from "./own_pages.js";

export * from "../part-react-router.js";

const leading = (component, name) => {
  const Leading = forwardRef(({ to, ...props }, ref) => {
    useContext(Version); // another version may have other pages
    return h(component, { ...props, to: target(to), ref });
  });
  return Object.assign(Leading, { displayName: name });
};

const target = (to) => (to && typeof to === "object" ? { ...to, pathname: withOwnPage(to.pathname) } : withOwnPage(to));

export const Link = leading(RouterLink, "Link");
export const NavLink = leading(RouterNavLink, "NavLink");
export function Navigate({ to, ...props }) {
  return h(RouterNavigate, { ...props, to: target(to) });
}
