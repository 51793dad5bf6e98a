// An EventSource as browsers have it, over changes: node eventsource.mjs URL TOKEN AFTER.
// Writes a line for each event with its positions, and for each time that it was let go. It comes
// back by itself, and ends when standard input does.
import { EventSource } from 'eventsource';

const [url, token, after] = process.argv.slice(2);
const CHANGES = `subscription($after: Position!) {
  changes(after: $after) { position entries { position } }
}`;
const query = new URLSearchParams({ query: CHANGES, variables: JSON.stringify({ after: Number(after) }) });
const fetchAs = (address, init) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
const say = (told) => console.log(JSON.stringify(told));

const source = new EventSource(`${url}/graphql?${query}`, { fetch: fetchAs });
source.addEventListener('next', (event) => {
  const { data, errors } = JSON.parse(event.data);
  say({ positions: data?.changes.entries.map((each) => each.position), errors });
});
source.addEventListener('complete', () => say({ complete: true }));
source.onerror = () => say({ gone: true, state: source.readyState });
process.stdin.resume();
process.stdin.on('end', () => { source.close(); process.exit(0); });
