import { createEmbeddedProvider } from '/work/main/server/providers/embedded/embedded.ts';
import { Json } from '/work/main/server/providers/json.ts';
const big = Number(process.argv[2]), schema = Number(process.argv[3]), N = 400;
const p = createEmbeddedProvider({ id: 'e', modelPath: '/work/main/server/providers/embedded/tinychat-q8_0.gguf' });
const call = (request: any, signal = new AbortController().signal) => ({ model: 'demo', request: Json.ofValue<any>({ model: 'demo', ...request }), changes: {}, signal });
await p.health(AbortSignal.timeout(5000));
const t = performance.now();
let died = 0, ok = 0, bad = 0, can = 0, inv = 0; const msgs: Record<string, number> = {};
const note = (e: any) => { if (e.message === 'enough') can++; else if (e.code === 'invalid_field') inv++; else { died++; msgs[e.message] = (msgs[e.message] ?? 0) + 1; } };
await Promise.all([...Array.from({ length: N }, async (_, i) => {
  const c = new AbortController();
  let n = 0;
  try { for await (const b of p.stream(call({ messages: [{ role: 'user', content: 'word '.repeat(big) }], temperature: 2, min_p: 0, top_k: 0, seed: 1 + i }, c.signal))) { n += b.length; if (n > i % 7) c.abort(new Error('enough')); } } catch (e) { note(e); }
}), ...Array.from({ length: schema }, async (_, i) => { try { await p.complete(call({ messages: [{ role: 'user', content: 'x' }], response_format: { type: 'json_schema', json_schema: { schema: { type: 'string', maxLength: 100000 + i } } } })); } catch (e) { note(e); } }),
...Array.from({ length: 100 }, async () => { try { const v = (await p.complete(call({ messages: [{ role: 'user', content: 'In one word: capital of Italy?' }] }))).value; if (v.choices[0]!.message.content === 'Rome.') ok++; else { bad++; console.log('BAD', JSON.stringify(v.choices[0])); } } catch (e) { note(e); } })]);
console.log({ big, schema, ok, bad, can, inv, died, ms: performance.now() - t }, msgs);
await p.close();
