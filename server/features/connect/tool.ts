/** A text to copy, after the sentence that says where it belongs. */
interface Step {
  readonly say: string;
  readonly language: 'sh' | 'json' | 'toml' | 'yaml' | 'js' | 'python' | 'text';
  /** The text with the placeholders `{{url}}` (without a path), `{{key}}`, `{{model}}` and `{{window}}`. */
  readonly code: string;
}

/** A client, and all that must be set for it to use this gateway. */
export interface Tool {
  readonly title: string;
  /** The page below `docs` that shows these very settings. */
  readonly guide: string;
  readonly steps: readonly Step[];
}

/** The values of the placeholders, which differ between gateways and between users. */
export interface ToolSettings {
  /** The address of the gateway, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly key: string;
  /** An alias. */
  readonly model: string;
  /** The context window of the model, in tokens. */
  readonly window: number;
}

/** The texts to copy, in order. */
export const fillIn = ({ steps }: Tool, { url, key, model, window }: ToolSettings): string[] => {
  const values: Record<string, string> = { url, key, model, window: String(window) };
  return steps.map(({ code }) => code.trim().replace(/\{\{(\w+)\}\}/g, (whole, name) => values[name] ?? whole));
};

/** All of it as Markdown, as the guides have it. */
export function render(tool: Tool, place: ToolSettings): string {
  const texts = fillIn(tool, place);
  return tool.steps.map(({ say, language }, i) => `${say}\n\n\`\`\`${language}\n${texts[i]}\n\`\`\`\n`).join('\n');
}
