// What graphql-eslint says of a schema, as JSON. Usage: lint.mjs FILE
import { dirname } from 'node:path';
import { ESLint } from 'eslint';

const [file] = process.argv.slice(2);
process.env.SCHEMA = file;
const lint = new ESLint({
  cwd: dirname(file),
  overrideConfigFile: `${import.meta.dirname}/eslint.config.mjs`,
});
const [{ messages }] = await lint.lintFiles([file]);
console.log(JSON.stringify(messages.map(({ ruleId, line, message }) => ({ ruleId, line, message }))));
