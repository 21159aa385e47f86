import { pngUri } from '../support/pictures.ts';
import { type ScriptedGateway, startOverUpstream } from '../support/start-scripted.ts';
import { answer, words } from '../support/upstream/scripts/answers.ts';

const model = (alias: string, fields: string, name = `${alias}-model`) =>
  `  - { alias: ${alias}, ${fields} backends: [{ provider: up, model: ${name}${alias === 'gpt-image' ? ', images: api' : ''} }] }`;

/** The models that pages about one's own models name. Pictures come from a scripted server. */
export async function startDocsGateway(): Promise<ScriptedGateway> {
  const painter = 'input: [text, image], output: [text, image], tools: false,';
  const gateway = await startOverUpstream(
    (url) => `providers:
  up: { kind: openai-compatible, base_url: "${url}", api_key_env: UPSTREAM_KEY }
groups:
  team-a: { ratio: 1.5 }
models:
${model('my-model', 'context_window: 131072,')}
${model('scout', '')}
${model('nano-banana', painter)}
${model('gpt-image', painter, 'gpt-image-1')}
${model('embed', 'endpoints: [embeddings],')}
${model('whisper', 'endpoints: [transcriptions, translations],')}
${model('voice', 'endpoints: [speech],')}
${model('base', 'endpoints: [completions],')}
`,
  );
  const cat = answer({ text: words('Here is your cat.'), images: [pngUri] });
  gateway.upstream.on('nano-banana-model', cat);
  gateway.upstream.on('gpt-image-1', cat);
  return gateway;
}
