import { createEmbeddedProvider } from '/work/main/server/providers/embedded/embedded.ts';
import { Json } from '/work/main/server/providers/json.ts';
const slots = Number(process.argv[2] ?? 4), N = Number(process.argv[3] ?? 600);
const p = createEmbeddedProvider({ id: 'e', slots, modelPath: '/work/main/server/providers/embedded/tinychat-q8_0.gguf' });
const call = (request: any, signal = new AbortController().signal) => ({ model: 'demo', request: Json.ofValue<any>({ model: 'demo', ...request }), changes: {}, signal });
await p.health(AbortSignal.timeout(5000));
const t = performance.now();
let died = 0, ok = 0, bad = 0, can = 0; const msgs: Record<string, number> = {};
await Promise.all([...Array.from({ length: N }, async (_, i) => {
  const c = new AbortController();
  if (i % 3 === 0) setTimeout(() => c.abort(new Error('enough')), Math.random() * N * 10);
  let n = 0;
  try { for await (const b of p.stream(call({ messages: [{ role: 'user', content: 'word '.repeat(i % 40) }], temperature: 2, min_p: 0, top_k: 0, seed: 1 + i }, c.signal))) { n += b.length; if (n > i % 7) c.abort(new Error('enough')); } } catch (e: any) { if (e.message === 'enough') can++; else { died++; msgs[e.message] = (msgs[e.message] ?? 0) + 1; } }
}), ...Array.from({ length: N / 3 }, async () => { try { const v = (await p.complete(call({ messages: [{ role: 'user', content: 'In one word: capital of Italy?' }] }))).value; if (v.choices[0]!.message.content === 'Rome.') ok++; else { bad++; console.log('BAD', JSON.stringify(v.choices[0])); } } catch (e: any) { died++; msgs[e.message] = (msgs[e.message] ?? 0) + 1; } })]);
console.log({ slots, ok, bad, can, died, ms: performance.now() - t }, msgs);
await p.close();
