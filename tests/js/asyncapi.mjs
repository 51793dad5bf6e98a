// Holds an AsyncAPI document against the specification's own schema, and events against the
// document: node asyncapi.mjs DOCUMENT EVENTS, two files of JSON; EVENTS is a list of
// {message, event}. Prints what does not fit as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import formats from "ajv-formats";

const [document, events] = process.argv.slice(2, 4).map((file) => JSON.parse(readFileSync(file)));
const specs = createRequire(import.meta.url)("@asyncapi/specs");

function judge() {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  formats(ajv);
  ajv.addFormat("decimal", /^-?[0-9]+(\.[0-9]+)?$/);
  return ajv;
}

const told = { document: [], events: [], judged: 0, messages: [] };
// The specification brings its own copy of the schema of schemas.
const own = { meta: false, validateSchema: false };
const meta = new Ajv({ ...own, strict: false, allErrors: true, validateFormats: false });
const whole = meta.compile(specs.schemas["3.0.0"]);
if (!whole(document)) told.document = whole.errors.slice(0, 10);

const ajv = judge();
ajv.addSchema(document, "asyncapi");
for (const name of Object.keys(document.components.messages)) {
  // Each payload is compiled, so that a reference to nothing is found.
  ajv.compile({ $ref: `asyncapi#/components/messages/${name}/payload` });
  told.messages.push(name);
}
for (const { message, event } of events) {
  const fits = ajv.compile({ $ref: `asyncapi#/components/messages/${message}/payload` });
  told.judged += 1;
  if (!fits(event)) told.events.push({ message, errors: fits.errors.slice(0, 5) });
}
console.log(JSON.stringify(told));
