// The audits of GraphQL over HTTP against a server: the verdict on each, as JSON.
// Usage: audits.mjs URL [TOKEN]
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const fetchFn = (to, init = {}) =>
  fetch(to, { ...init, headers: { ...init.headers, ...authorization } });
const verdicts = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  verdicts.push({ id, name, status, reason });
}
console.log(JSON.stringify(verdicts));
