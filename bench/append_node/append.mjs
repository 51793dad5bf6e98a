// One event after another through Emmett's PostgreSQL store: node append.mjs URL CALLERS SECONDS.
// Each caller appends to a stream of its own turn under the version that it saw; what came of it is
// printed as JSON: the rate, the median in ms, and how many events were appended in all.
import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";
import pg from "pg";

const [url, callers, seconds] = process.argv.slice(2);
const POOL_MAX = 32;
const STREAMS = 50;
const FILL = "x".repeat(250);

const pool = new pg.Pool({ connectionString: url, max: Math.min(Number(callers), POOL_MAX) });
const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
await store.schema.migrate();

const stamp = process.pid.toString();
const took = [];
let appended = 0;

async function append(seen, caller, turn) {
  const name = `teacher-${stamp}-${caller}-${turn % STREAMS}`;
  const event = { type: "bench.happened", data: { teacher: name, turn, fill: FILL } };
  const expected = seen.get(name);
  const done = await store.appendToStream(name, [event], {
    expectedStreamVersion: expected ?? "STREAM_DOES_NOT_EXIST",
  });
  seen.set(name, done.nextExpectedStreamVersion);
  appended += 1;
}

async function call(caller, deadline) {
  const seen = new Map();
  await append(seen, caller, 0);
  let began = performance.now();
  for (let turn = 1; began < deadline(); turn += 1) {
    await append(seen, caller, turn);
    const now = performance.now();
    took.push(now - began);
    began = now;
  }
}

await append(new Map(), "warm", 0);
const started = performance.now();
const deadline = () => started + Number(seconds) * 1000;
await Promise.all(Array.from({ length: Number(callers) }, (_, each) => call(each, deadline)));
const elapsed = (performance.now() - started) / 1000;
took.sort((a, b) => a - b);
console.log(
  JSON.stringify({ rate: took.length / elapsed, p50_ms: took[took.length >> 1], appended }),
);
await store.close();
await pool.end();
