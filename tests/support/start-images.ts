import { type ScriptedGateway, startOverUpstream } from './start-scripted.ts';

/**
 * A gateway whose image models are served by one scripted upstream: `banana` and `flux` answer in chats, `pixels` at
 * the endpoints for images, `press` nowhere else; `blind` takes no images, `words` makes none, `nowhere` has no backend.
 */
export function startImages(provider = '', env: Record<string, string> = {}): Promise<ScriptedGateway> {
  const model = (alias: string, fields: string, backend: string) =>
    `  - { alias: ${alias}, ${fields}, backends: [{ provider: ${backend} }] }`;
  const both = 'input: [text, image], output: [text, image], tools: false';
  return startOverUpstream(
    (url) => `providers:
  up: { kind: openai-compatible, base_url: "${url}", api_key_env: UPSTREAM_KEY${provider} }
  cloud: { kind: openai-compatible, base_url: https://cloud.invalid/v1, api_key_env: MISSING_KEY }
models:
${model('banana', `${both}, constraints: { min_max_tokens: 16 }, context_window: 10000`, 'up, model: google/gemini-image')}
${model('flux', both, 'up, model: flux')}
${model('pixels', both, 'up, model: gpt-image-1, images: api')}
${model('press', `${both}, endpoints: [images]`, 'up, model: gpt-image-1, images: api')}
${model('old-pixels', both, 'up, model: dall-e-3, images: api')}
${model('blind', 'output: [image], tools: false', 'up, model: blind')}
${model('words', 'input: [text]', 'up, model: words')}
${model('nowhere', both, 'cloud, model: nowhere')}
`,
    { env },
  );
}
