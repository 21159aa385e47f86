// The load, in a process of its own. Takes a plan as JSON, prints what it saw as JSON. Bounded in time and in count.
import { HttpConnection } from './http-connection.mjs';

const plan = JSON.parse(process.argv[2] ?? '{}');
const { port, path, mode, connections, seconds, warmSeconds = 0, maxRequests = 1_000_000, headers = {}, body } = plan;
const head = [`POST ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, 'content-type: application/json']
  .concat(Object.entries(headers).map(([name, value]) => `${name}: ${value}`))
  .map((line) => `${line}\r\n`)
  .join('');
const started = performance.now();
const measureFrom = started + warmSeconds * 1000;
const stopAt = measureFrom + seconds * 1000;
const turnsOfConversation = 21;

const latencies = [];
const firsts = [];
let sent = 0;
let requests = 0;
let events = 0;
let measured = 0;
let errors = 0;
let firstError = '';
let active = 0;
let standing = 0;
let lastEnd = started;

function fail(what) {
  errors += 1;
  firstError ||= what;
}

const mayStart = () => performance.now() < stopAt && sent < maxRequests && errors < 50;

/** Each conversation lives for 21 turns: its history grows from 0 to 40 messages, on average 20. */
function turnBody(state) {
  if (state.turn === turnsOfConversation) Object.assign(state, { turn: 0, conversation: '' });
  state.turn += 1;
  return JSON.stringify({ ...body, ...(state.conversation ? { conversation_id: state.conversation } : {}) });
}

function run() {
  const fixed = JSON.stringify(body);
  const state = { turn: 0, conversation: '' };
  let begun = 0;
  let sawBody = false;
  let endedLine = false;
  const next = () => {
    if (!mayStart()) {
      active -= 1;
      connection.leave();
      if (active === 0) finish();
      return;
    }
    begun = performance.now();
    sawBody = false;
    sent += 1;
    connection.post(head, mode === 'turns' ? turnBody(state) : fixed);
  };
  const connection = new HttpConnection({
    port,
    onBody(bytes) {
      if (!sawBody) {
        sawBody = true;
        standing += 1;
        if (begun >= measureFrom) firsts.push(performance.now() - begun);
        if (mode === 'leave' && standing === connections) finish();
      }
      if (mode !== 'json' && mode !== 'turns') {
        let at = endedLine && bytes[0] === 10 ? 0 : bytes.indexOf('\n\n') + 1;
        if (at === 0 && !(endedLine && bytes[0] === 10)) at = -1;
        while (at >= 0) {
          events += 1;
          at = bytes.indexOf('\n\n', at + 1);
        }
        endedLine = bytes[bytes.length - 1] === 10;
      }
    },
    onEnd(status, answerHead) {
      lastEnd = performance.now();
      requests += 1;
      if (status !== 200) fail(`status ${status}`);
      if (begun >= measureFrom) {
        measured += 1;
        latencies.push(lastEnd - begun);
      }
      if (mode === 'turns' && !state.conversation) {
        state.conversation = /\r\nx-conversation-id: *(\S+)/i.exec(answerHead)?.[1] ?? '';
        if (!state.conversation) fail('no x-conversation-id');
      }
      next();
    },
    onFail() {
      fail('connection closed');
      active -= 1;
      if (active === 0) finish();
    },
  });
  connection.socket.once('connect', next);
  return connection;
}

const quantile = (list, q) =>
  list.length ? list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))] : null;

let finished = false;
function finish() {
  if (finished) return;
  finished = true;
  const elapsed = (Math.max(lastEnd, measureFrom + 1) - measureFrom) / 1000;
  const { user, system } = process.cpuUsage();
  const seen = {
    requests,
    events,
    perSecond: measured / elapsed,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    first50: quantile(firsts, 0.5),
    standing,
    errors,
    firstError,
    cpuMicros: user + system,
    busy: (user + system) / 1000 / (performance.now() - started),
  };
  process.stdout.write(JSON.stringify(seen), () => process.exit(0));
}

for (let count = 0; count < connections; count += 1) {
  active += 1;
  // Streams start spread over one interval, so that they do not tick together.
  if (mode === 'json' || mode === 'turns') run();
  else setTimeout(run, (count * (plan.spreadMs ?? 0)) / connections);
}
setTimeout(finish, stopAt - started + (plan.graceSeconds ?? 10) * 1000);
