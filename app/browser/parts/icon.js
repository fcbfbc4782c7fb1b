// An app's icon: a picture of its own, or a Lucide icon that is fetched when it is shown.
import { createElement as h, useEffect, useState } from "react";
import { loadMember } from "../families.js";

export function AppIcon({ picture, library, size = 28 }) {
  const [icon, setIcon] = useState(null);
  useEffect(() => {
    let wanted = true;
    if (!picture && library) {
      loadMember(library).then(
        (module) => wanted && setIcon(() => module.default),
        () => {},
      );
    }
    return () => {
      wanted = false;
    };
  }, [picture, library]);
  if (picture) {
    return h("img", { src: picture, width: size, height: size, alt: "", loading: "lazy" });
  }
  return h(
    "span",
    { "aria-hidden": true, style: { display: "inline-flex", width: size, height: size } },
    icon && h(icon, { size }),
  );
}
