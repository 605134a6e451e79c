// Lets Node 20 and 22 import the parser's .json files, which it does without import attributes.
import { register } from "node:module";

const loader = `
export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);
`;
register("data:text/javascript," + encodeURIComponent(loader));
