// Has GitHub's own language service judge actions and workflows: node --import ./json-hook.mjs lint.mjs FILE…
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

let findings = 0;
for (const file of process.argv.slice(2)) {
  const document = TextDocument.create(pathToFileURL(file).href, "yaml", 1, readFileSync(file, "utf8"));
  for (const { range, message } of await validate(document)) {
    findings += 1;
    console.log(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
  }
}
process.exit(findings ? 1 : 0);
