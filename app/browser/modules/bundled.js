// The libraries of the front end that pages of apps use: those of the first load, and those that were wanted since.
import { eager, load } from "../libraries.js";

export { load };

export const bundled = { ...eager };

export const ensure = async (name) => {
  bundled[name] ??= await load(name);
};
