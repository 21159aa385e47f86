import type { Tool } from './tool.ts';

const exportKey = 'export DUPLEX_API_KEY={{key}}';

/** Coding agents of the terminal. Those of npm are run with these very settings in `tests/clients/matrix`. */
export const agents = {
  'claude-code': {
    title: 'Claude Code',
    guide: 'claude-code.md',
    steps: [
      {
        say: 'In the shell that starts `claude`:',
        language: 'sh',
        code: `
export ANTHROPIC_BASE_URL={{url}}
export ANTHROPIC_AUTH_TOKEN={{key}}
export ANTHROPIC_MODEL={{model}}
export ANTHROPIC_DEFAULT_HAIKU_MODEL={{model}}
export CLAUDE_CODE_MAX_CONTEXT_TOKENS={{window}}
export CLAUDE_CODE_ATTRIBUTION_HEADER=0
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
`,
      },
      {
        say: 'Or the same in `~/.claude/settings.json`:',
        language: 'json',
        code: `
{
  "env": {
    "ANTHROPIC_BASE_URL": "{{url}}",
    "ANTHROPIC_AUTH_TOKEN": "{{key}}",
    "ANTHROPIC_MODEL": "{{model}}",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": "{{model}}",
    "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "{{window}}",
    "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"
  }
}
`,
      },
    ],
  },
  codex: {
    title: 'Codex',
    guide: 'codex.md',
    steps: [
      {
        say: 'In `~/.codex/config.toml`:',
        language: 'toml',
        code: `
model = "{{model}}"
model_provider = "duplex"
model_context_window = {{window}}

[model_providers.duplex]
name = "Duplex"
base_url = "{{url}}/v1"
env_key = "DUPLEX_API_KEY"
wire_api = "responses"
`,
      },
      { say: 'In the shell that starts `codex`:', language: 'sh', code: exportKey },
    ],
  },
  opencode: {
    title: 'opencode',
    guide: 'connect.md',
    steps: [
      {
        say: 'In `~/.config/opencode/opencode.json`, or in `opencode.json` of a project:',
        language: 'json',
        code: `
{
  "provider": {
    "duplex": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Duplex",
      "options": { "baseURL": "{{url}}/v1", "apiKey": "{env:DUPLEX_API_KEY}" },
      "models": {
        "{{model}}": { "name": "{{model}}", "tool_call": true, "limit": { "context": {{window}}, "output": 8192 } }
      }
    }
  },
  "model": "duplex/{{model}}"
}
`,
      },
      { say: 'In the shell that starts `opencode`:', language: 'sh', code: exportKey },
    ],
  },
  cline: {
    title: 'Cline',
    guide: 'connect.md',
    steps: [
      {
        say: 'On the command line, once:',
        language: 'sh',
        code: `
cline auth --provider openai-compatible --baseurl {{url}}/v1 --modelid {{model}} --apikey {{key}}
`,
      },
      {
        say: 'Or in an editor, in the settings of Cline:',
        language: 'text',
        code: `
API Provider         OpenAI Compatible
Base URL             {{url}}/v1
OpenAI API Key       {{key}}
Model ID             {{model}}
Context Window Size  {{window}}
`,
      },
    ],
  },
  continue: {
    title: 'Continue',
    guide: 'connect.md',
    steps: [
      {
        say: 'In `~/.continue/config.yaml`, for its editors and for `cn`:',
        language: 'yaml',
        code: `
name: Duplex
version: 1.0.0
schema: v1
models:
  - name: "{{model}}"
    provider: openai
    model: "{{model}}"
    apiBase: {{url}}/v1
    apiKey: "{{key}}"
    roles: [chat, edit, apply]
    capabilities: [tool_use]
    defaultCompletionOptions:
      contextLength: {{window}}
`,
      },
    ],
  },
  'qwen-code': {
    title: 'Qwen Code',
    guide: 'connect.md',
    steps: [
      {
        say: 'In the shell that starts `qwen`:',
        language: 'sh',
        code: `
export OPENAI_BASE_URL={{url}}/v1
export OPENAI_API_KEY={{key}}
export OPENAI_MODEL={{model}}
`,
      },
    ],
  },
  aider: {
    title: 'aider',
    guide: 'connect.md',
    steps: [
      {
        say: 'In the shell that starts `aider`:',
        language: 'sh',
        code: `
export OPENAI_API_BASE={{url}}/v1
export OPENAI_API_KEY={{key}}
export AIDER_MODEL=openai/{{model}}
`,
      },
      {
        say: 'In `~/.aider.model.metadata.json`, so that aider knows the window:',
        language: 'json',
        code: `
{
  "openai/{{model}}": {
    "litellm_provider": "openai",
    "mode": "chat",
    "max_input_tokens": {{window}},
    "max_output_tokens": 8192,
    "input_cost_per_token": 0,
    "output_cost_per_token": 0
  }
}
`,
      },
    ],
  },
} as const satisfies Record<string, Tool>;
