import { expect, test } from 'vitest';
import { bearer } from '../support/start-gateway.ts';
import { startFromSource } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('a gateway that runs from its sources, as with npm run dev, starts its engine and its background thread', async () => {
  const gateway = await startFromSource(tempFolder());
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  try {
    const body = JSON.stringify({ model: 'llama-4-scout', message: 'In one word: capital of Italy?' });
    const turn = await fetch(`${gateway.url}/c1/chat`, { method: 'POST', headers, body });
    expect((await turn.json()).choices[0].message.content).toBe('Rome.');
    const found = await fetch(`${gateway.url}/c1/conversations?q=capital`, { headers });
    expect((await found.json()).items).toHaveLength(1);
  } finally {
    await gateway.stop('SIGTERM');
  }
});
