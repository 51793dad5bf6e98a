// Bundles the IDE into the folder that is named: nothing of it is fetched from elsewhere later.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

const [folder] = process.argv.slice(2);
const common = {
  bundle: true,
  minify: true,
  legalComments: "linked",
  outdir: folder,
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file" },
  assetNames: "[name]",
  logLevel: "error",
};
await build({ ...common, entryPoints: ["main.jsx"], format: "esm", jsx: "automatic", target: "es2022" });
await build({
  ...common,
  format: "iife",
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
});
await copyFile("index.html", `${folder}/index.html`);
