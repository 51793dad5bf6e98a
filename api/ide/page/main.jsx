// The IDE: GraphiQL over our own endpoint, with the sample tokens of the demo where it offers them.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { useState } from "react";
import "graphiql/style.css";
import "./main.css";

// Below /ide, or below the address that a ticket opens.
const HERE = new URL(".", import.meta.url).pathname;
const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(`${HERE}${WORKERS[label] ?? "editor.worker.js"}`),
};

const BEGINNING = `# 学分 Xuefen
{
  head
  history(first: 3, latestFirst: true) {
    edges { node { position type event { __typename effectiveOn } } }
  }
}
`;

function fetcherFor(token) {
  const authorization = token ? `Bearer ${token}` : undefined;
  return createGraphiQLFetcher({
    url: "/graphql",
    subscriptionUrl: `${location.origin.replace(/^http/, "ws")}/graphql`,
    headers: authorization ? { authorization } : {},
    wsConnectionParams: authorization ? { authorization } : {},
  });
}

function Page({ tokens }) {
  const [token, setToken] = useState("");
  return (
    <>
      <form className="asker" onSubmit={(event) => event.preventDefault()}>
        <label>
          身份 / as{" "}
          <select id="asker" value={token} onChange={(event) => setToken(event.target.value)}>
            <option value="">PUBLIC</option>
            {Object.entries(tokens).map(([role, each]) => (
              <option key={role} value={each}>
                {role}
              </option>
            ))}
            {Object.values(tokens).includes(token) || !token ? null : <option value={token}>…</option>}
          </select>
        </label>
        <label>
          令牌 / token{" "}
          <input id="token" type="password" autoComplete="off" value={token}
            onChange={(event) => setToken(event.target.value.trim())} />
        </label>
      </form>
      <GraphiQL key={token} fetcher={fetcherFor(token)} defaultQuery={BEGINNING} shouldPersistHeaders={false} />
    </>
  );
}

const answer = await fetch(`${HERE}tokens.json`);
createRoot(document.getElementById("ide")).render(
  <Page tokens={answer.ok ? await answer.json() : {}} />,
);
