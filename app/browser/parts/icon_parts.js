// Makes what the module of an icon of Lucide exports; called by the files that app/frontend/icons.py writes.
import createLucideIcon from "lucide-react/dist/esm/createLucideIcon.mjs";

export const icon = (name, node) => ({ __iconNode: node, default: createLucideIcon(name, node) });
