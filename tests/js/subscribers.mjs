// Many subscribers for bench/stream.py: node subscribers.mjs URL TOKEN COUNT STALLED AFTER.
// Takes lines from stdin and answers each with a line of JSON: `take N` waits for N entries at
// each reader and gives the latencies of the last of them, `read` lets the stalled ones read on,
// `wait N` waits for N entries at all of them.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [url, token, count, stalled, after] = process.argv.slice(2);
const query = `subscription { changes(after: ${after}) {
  position entries { position id type at on data } } }`;
const readers = [];
let notify = () => {};

function open(number) {
  return new Promise((resolve, reject) => {
    const options = { perMessageDeflate: false, maxPayload: 0 };
    const socket = new WebSocket(url, 'graphql-transport-ws', options);
    const reader = { socket, entries: 0, last: 0, late: [], order: true, lagging: false };
    socket.on('error', reject);
    socket.on('open', () => {
      const authorization = `Bearer ${token}`;
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    });
    socket.on('message', (data) => {
      const now = performance.timeOrigin + performance.now();
      const message = JSON.parse(data);
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
        resolve(reader);
      } else if (message.type === 'ping') {
        socket.send('{"type":"pong"}');
      } else if (message.type === 'next') {
        for (const entry of message.payload.data.changes.entries) {
          if (reader.last && entry.position !== reader.last + 1) reader.order = false;
          reader.last = entry.position;
          reader.entries += 1;
          reader.late.push(now - Date.parse(entry.at));
        }
        notify();
      } else if (message.type === 'error') {
        reject(new Error(JSON.stringify(message)));
      }
    });
    socket.on('close', () => { reader.closed = true; });
    readers[number] = reader;
  });
}

const until = (who, entries) =>
  new Promise((resolve) => {
    notify = () => {
      if (who.every((each) => each.entries >= entries || each.closed)) resolve();
    };
    notify();
  });

const began = performance.now();
for (let first = 0; first < count; first += 50) {
  const some = Math.min(50, count - first);
  await Promise.all(Array.from({ length: some }, (_, each) => open(first + each)));
}
const say = (what) => console.log(JSON.stringify(what));
const healthy = readers.slice(Number(stalled));
readers.slice(0, Number(stalled)).forEach((each) => each.socket.pause());
say({ connected: readers.length, seconds: (performance.now() - began) / 1000 });

for await (const line of createInterface({ input: process.stdin })) {
  const [what, number] = line.split(' ');
  if (what === 'read') {
    readers.forEach((each) => each.socket.resume());
    say({});
    continue;
  }
  const who = what === 'take' ? healthy : readers;
  await until(who, Number(number));
  const late = who.flatMap((each) => each.late).sort((a, b) => a - b);
  who.forEach((each) => { each.late = []; });
  say({
    p50: late[Math.floor(late.length * 0.5)],
    p99: late[Math.floor(late.length * 0.99)],
    last: late[late.length - 1],
    entries: who.map((each) => each.entries).reduce((a, b) => a + b, 0),
    order: who.every((each) => each.order),
    closed: who.filter((each) => each.closed).length,
  });
}
