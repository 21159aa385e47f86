/** What a shell block does when a reader pastes it. */
export interface Effect {
  /** Text of the block, to find it by. */
  readonly block: string;
  /** What it prints. Default: nothing in particular. */
  readonly prints?: RegExp;
  /** A file that it leaves, and how that begins. */
  readonly leaves?: readonly [name: string, begins: RegExp];
  /** What it says when it ends with a failure, as the page tells. Default: it does not fail. */
  readonly fails?: RegExp;
  /** A program that must be installed to run it. */
  readonly needs?: string;
}

interface Page {
  /** `demo`: without any configuration. `models`: with the models that the page describes. */
  readonly gateway: 'demo' | 'models';
  readonly effects: readonly Effect[];
}

const stream = { block: '"stream": true', prints: /data: \[DONE\]/ };
const rome = { block: 'capital of Italy?', prints: /Rome/ };
const exportsKey = { block: 'export DUPLEX_API_KEY=' };
const PNG = /^\x89PNG/;

/** The effect of every shell block, by page and in order. Blocks of `npm` are checked apart. */
export const shellPages: Readonly<Record<string, Page>> = {
  'README.md': {
    gateway: 'demo',
    effects: [
      rome,
      { block: 'What is my favourite colour?', prints: /teal/i },
      stream,
      { block: 'connect codex', prints: /model_provider = "duplex"/ },
      { block: 'keys create --name ada', prints: /^key +sk-\w{48}$/m },
    ],
  },
  'docs/quickstart.md': {
    gateway: 'demo',
    effects: [
      { block: 'export BEARER=' },
      rome,
      { block: 'Remember that.', prints: /^x-conversation-id: conv_\w+/m },
      { block: 'What is my favourite colour?', prints: /teal/i },
      stream,
    ],
  },
  'docs/chat.md': {
    gateway: 'demo',
    effects: [
      { block: 'Wie ist das Wetter', prints: /"tool_calls":\[.*get_weather.*Berlin/ },
      { block: 'cat > my_get_weather.sh', leaves: ['my_get_weather.sh', /^#!/] },
      { block: 'RESULT=$(./my_get_weather.sh', prints: /21/ },
      { block: 'What is 3 plus 4?', prints: /"reasoning_content": "\S/ },
      { block: 'B64=$(base64', prints: /"finish_reason":"stop"/ },
      { block: 'https://example.com/logo.png', prints: /image_url_not_supported/ },
    ],
  },
  'docs/conversations.md': {
    gateway: 'demo',
    effects: [
      { block: 'B64=$(base64', prints: /"finish_reason":"stop"/ },
      { block: 'Wie ist das Wetter', prints: /"tool_calls":\[.*get_weather/ },
      { block: 'tool_results', prints: /21 degrees/ },
      { block: 'limit=5"', prints: /"items":\[\{"id":"conv_/ },
      { block: 'NEXT_CURSOR', prints: /"items":\[\{"id":"conv_/ },
      { block: 'conversations/import', prints: /"imported":1/ },
      { block: 'Name a colour', prints: /"finish_reason":"stop"/ },
    ],
  },
  'docs/messages.md': { gateway: 'demo', effects: [rome] },
  'docs/responses.md': { gateway: 'demo', effects: [rome] },
  'docs/trpc.md': { gateway: 'demo', effects: [{ block: 'c1.chat.create', prints: /"result":\{"data":\{/ }] },
  'docs/connect.md': {
    gateway: 'demo',
    effects: [
      { block: 'npx duplex connect', prints: /claude-code[\s\S]*"baseURL"[\s\S]*"duplex\/llama-4-scout"/ },
      exportsKey,
      { block: 'cline auth', needs: 'cline' },
      { block: 'export OPENAI_BASE_URL' },
      { block: 'export OPENAI_API_BASE' },
      exportsKey,
      exportsKey,
      exportsKey,
      exportsKey,
    ],
  },
  'docs/claude-code.md': {
    gateway: 'demo',
    effects: [{ block: 'export ANTHROPIC_BASE_URL' }, { block: 'claude -p', needs: 'claude' }],
  },
  'docs/codex.md': { gateway: 'demo', effects: [exportsKey] },
  'docs/authentication.md': {
    gateway: 'demo',
    effects: [{ block: 'api/client-tokens', prints: /"token":"dct-/, needs: 'jq' }],
  },
  'docs/accounts.md': {
    gateway: 'models',
    effects: [
      { block: 'keys create --name laptop --budget 20', prints: /^key +sk-\w{48}$/m },
      { block: 'users set ann', prints: /monthly_tokens +2000000/ },
      { block: 'wallets post ann', prints: /balance_usd +7\.5/, leaves: ['requests.csv', /^request_id,at,/] },
    ],
  },
  'docs/images.md': {
    gateway: 'models',
    effects: [
      { block: 'nano-banana', leaves: ['cat.png', PNG] },
      { block: 'images/generations', leaves: ['cat.png', PNG] },
      { block: 'images/edits', leaves: ['green.png', PNG] },
    ],
  },
  'docs/endpoints.md': {
    gateway: 'models',
    effects: [
      { block: 'v1/embeddings', prints: /"object":"embedding"/ },
      { block: 'v1/completions', prints: /"text_completion"/ },
      { block: 'transcriptions', prints: /"text"/ },
      { block: 'audio/speech', leaves: ['hello.mp3', /^[^{]/] },
    ],
  },
  'docs/routing.md': { gateway: 'models', effects: [{ block: '"scout"', prints: /^x-gateway-backend: up\//im }] },
  'docs/operations.md': {
    gateway: 'demo',
    effects: [
      {
        block: 'duplex backup',
        prints: /backup\.db holds \d+ conversations/,
        leaves: ['backup.db', /^SQLite format 3/],
      },
      // The gateway of the test runs.
      { block: 'duplex restore', fails: /gateway/i },
      { block: 'duplex reload', prints: /changed\s+false/ },
      { block: 'duplex doctor', prints: /^ok +database[\s\S]*0 problems/m },
      { block: 'duplex logs' },
    ],
  },
};
