// What apps get as "@radix-ui/themes": a link that is no link of the router, such as one in Markdown, knows the app's own
// pages too.
import { createElement as h, forwardRef, useContext } from "react";
import { Link as ThemesLink } from "@radix-ui/themes";
import { Version } from "./components.js";
import { withOwnPage } from "./own_pages.js";

export * from "@radix-ui/themes";

export const Link = forwardRef(({ href, ...props }, ref) => {
  useContext(Version); // another version may have other pages
  return h(ThemesLink, { ...props, ...(href === undefined ? {} : { href: withOwnPage(href) }), ref });
});
Link.displayName = "Link";
