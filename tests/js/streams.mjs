// The clients graphql-ws and graphql-sse against a server: node streams.mjs URL TOKEN START.
// Writes what each check found as JSON; the test says what it should be.
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventClient } from 'graphql-sse';
import WebSocket from 'ws';

const [url, token, begin] = process.argv.slice(2);
const start = Number(begin);
const authorization = `Bearer ${token}`;
const CHANGES = `subscription($after: Position!, $filter: EntryFilter) {
  changes(after: $after, filter: $filter) { position entries { position data } }
}`;
const REGISTER = `mutation($school: ID!, $request: String!) { registerSchool(requestId: $request,
  input: { school: $school, place: "jurisdiction:330381", title: "学校", stage: PRIMARY })
  { __typename ... on Recorded { position } } }`;
const found = {};

const socket = (more = {}) =>
  createSocketClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    ...more,
  });
const events = (more = {}) => createEventClient({ url, headers: { authorization }, ...more });

// All results, or the error, of an operation that ends by itself.
const whole = (client, request) =>
  new Promise((resolve) => {
    const results = [];
    client.subscribe(request, {
      next: (each) => results.push(each),
      error: (error) => resolve({ results, error }),
      complete: () => resolve({ results }),
    });
  });

// The positions that a subscription gives until there are so many; `then` is done once it began.
const positions = (client, variables, most, then = () => {}) =>
  new Promise((resolve, reject) => {
    const seen = [];
    const stop = client.subscribe(
      { query: CHANGES, variables },
      {
        next: (each) => {
          seen.push(...(each.data?.changes.entries ?? []).map((entry) => entry.position));
          if (seen.length === 1 || seen.length < most) then(seen);
          if (seen.length >= most) {
            stop();
            resolve(seen.slice(0, most)); // a batch may hold more
          }
        },
        error: reject,
        complete: () => {},
      },
    );
  });

const codes = (errors) => errors.map((each) => each.extensions.code);
let schools = 0;
const register = async (client) => {
  schools += 1;
  const name = `${process.pid}-${schools}`;
  const variables = { school: `school:js-${name}`, request: name };
  const { results } = await whole(client, { query: REGISTER, variables });
  return results[0].data.registerSchool.position;
};

async function overSockets() {
  let sockets = 0;
  const client = socket({ on: { connected: () => { sockets += 1; } }, lazyCloseTimeout: 500 });
  found.query = (await whole(client, { query: '{ head }' })).results.map((each) => each.data.head);

  let asked = false;
  found.live = await positions(client, { after: start - 2 }, 3, (seen) => {
    if (seen.length >= 2 && !asked) {
      asked = true;
      register(client);
    }
  });

  const syntax = await whole(client, { query: 'subscription {' });
  found.syntax = codes(syntax.error);
  found.invalid = codes((await whole(client, { query: 'subscription { nothing }' })).error);
  const beyond = { query: CHANGES, variables: { after: 9_999_999 } };
  found.beyond = codes((await whole(client, beyond)).error);

  const [one, two] = await Promise.all([
    positions(client, { after: start - 2 }, 2),
    positions(client, { after: start - 1, filter: { types: ['register.school-registered'] } }, 1),
  ]);
  found.side_by_side = [one, two];
  found.sockets = sockets;
  client.terminate();

  const stranger = socket({ connectionParams: { authorization: 'Bearer x' } });
  found.stranger = (await whole(stranger, { query: '{ head }' })).error.code;
  const silent = socket({ connectionParams: {} });
  found.public = (await whole(silent, { query: '{ head }' })).results.length;
  await silent.dispose();
}

async function overEvents(singleConnection, name) {
  const client = events({ singleConnection, lazyCloseTimeout: 60_000, retryAttempts: 0 });
  const head = await whole(client, { query: '{ head }' });
  found[`${name}_query`] = head.results.map((each) => typeof each.data.head);
  let asked = false;
  const last = head.results[0].data.head;
  found[`${name}_live`] = await positions(client, { after: last - 2 }, 3, (seen) => {
    if (seen.length >= 2 && !asked) {
      asked = true;
      register(client);
    }
  }).then((seen) => seen.map((each) => each - last));
  const [one, two] = await Promise.all([
    positions(client, { after: start - 2 }, 2),
    positions(client, { after: start - 1 }, 1),
  ]);
  found[`${name}_side_by_side`] = [one, two];
  const wrong = await whole(client, { query: 'subscription { nothing }' });
  // On a single connection it is told by the answer to the operation, whose body the client drops.
  found[`${name}_invalid`] = wrong.error?.response?.status ?? codes(wrong.results[0].errors);
}

await overSockets();
await overEvents(false, 'distinct');
await overEvents(true, 'single');
console.log(JSON.stringify(found));
process.exit(0);
