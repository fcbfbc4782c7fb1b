// Lucide's `DynamicIcon`, for icons whose names are in vars. Lucide's own fetches a file for each icon.
import { createElement as h, forwardRef, useEffect, useState } from "react";
import Icon from "lucide-react/dist/esm/Icon.mjs";
import { aliases } from "../icon-aliases.js";
import { knownIcon, loadIcon } from "../icons.js";

const fileOf = (name) => (Object.hasOwn(aliases, name) ? aliases[name] : name);

// Until an icon is there, the one before it is shown.
export const DynamicIcon = forwardRef(({ name, fallback: Fallback, ...props }, ref) => {
  const [iconNode, setIconNode] = useState(() => knownIcon(fileOf(name))?.__iconNode);
  useEffect(() => {
    let wanted = true;
    loadIcon(fileOf(name)).then((icon) => wanted && setIconNode(icon.__iconNode), console.error);
    return () => {
      wanted = false;
    };
  }, [name]);
  if (iconNode) return h(Icon, { ref, ...props, iconNode });
  return Fallback ? h(Fallback) : null;
});
