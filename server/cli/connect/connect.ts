import { GatewayInfo, type ModelInfo } from '../../../contracts/models/model.ts';
import { loadEnv } from '../../env.ts';
import { render } from '../../features/connect/tool.ts';
import { tools } from '../../features/connect/tools.ts';
import { CallError, callGateway, notTheGateway, readBearer } from '../call-gateway.ts';
import type { Outcome } from '../outcome.ts';
import { parseOptions, UsageError } from '../parse-options.ts';

const PLACEHOLDER = 'YOUR_KEY';
/** In tokens, where the models file has none. */
const USUAL_WINDOW = 32_768;

const list = (): string => {
  const widest = Math.max(...Object.keys(tools).map((name) => name.length));
  return Object.entries(tools)
    .map(([name, { title }]) => `${name.padEnd(widest)}  ${title}\n`)
    .join('');
};

/** The settings are shell, TOML, YAML and code. What needs quotes in one of them is refused in all. */
function checkPlain(what: string, text: string): void {
  if (/^[\w./:@+~-]+$/.test(text)) return;
  throw new CallError(`The ${what} has characters that would need quotes in these settings.`);
}

const canChat = ({ endpoints, modalities }: ModelInfo): boolean =>
  endpoints.includes('chat') && modalities.output.includes('text');

function readInfo(text: string): GatewayInfo {
  try {
    return GatewayInfo.parse(JSON.parse(text));
  } catch (cause) {
    throw notTheGateway(cause);
  }
}

function choose(models: readonly ModelInfo[], name: string | undefined) {
  if (name === undefined) {
    const found = models.find((model) => model.available && canChat(model));
    if (!found)
      throw new CallError(
        'The gateway serves no model for chats. Name one with --model, or give the gateway a model: see docs/models.md.',
      );
    return { model: found.alias, window: found.context_window, notes: [] };
  }
  const found = models.find(({ alias }) => alias === name);
  const notes = found && canChat(found) ? [] : [`The gateway lists no model "${name}" to chat with.`];
  return { model: name, window: found?.context_window ?? null, notes };
}

/** Reads the words after `duplex connect`. Throws `UsageError` and `CallError`. */
export async function connect(args: readonly string[]): Promise<Outcome> {
  const { values, positionals } = parseOptions('connect', args, {
    options: { model: { type: 'string' }, key: { type: 'string' }, 'show-key': { type: 'boolean' } },
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined) {
    return { text: `${list()}\nUsage: duplex connect <tool> [--model …] [--key … | --show-key]\n`, notes: [] };
  }
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) throw new UsageError(`There is no tool "${name}". Choose one of ${Object.keys(tools).join(', ')}.`);
  if (more.length > 0) throw new UsageError('Usage: duplex connect <tool>.');
  if (values.key !== undefined && values['show-key']) throw new UsageError('Use either --key or --show-key, not both.');

  const env = loadEnv();
  const own = values.key ?? readBearer(env);
  const { text } = await callGateway(env, new URL(`${env.gatewayUrl}/v1/info`), own);
  const info = readInfo(text);
  const { model, window, notes } = choose(info.models, values.model);
  const key = values['show-key'] ? own : (values.key ?? PLACEHOLDER);
  checkPlain('name of the model', model);
  checkPlain('key', key);
  return {
    text: render(tool, { url: env.gatewayUrl, key, model, window: window ?? USUAL_WINDOW }),
    notes: [
      ...notes,
      ...(info.notice ? [info.notice] : []),
      ...(window === null
        ? [
            `The context window of ${model} is not known, so the settings have ${USUAL_WINDOW} tokens. Correct this number, or set context_window in the models file.`,
          ]
        : []),
    ],
  };
}
