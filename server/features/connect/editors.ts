import type { Tool } from './tool.ts';

/** Editors with no settings file of their own for this. */
export const editors = {
  cursor: {
    title: 'Cursor',
    guide: 'connect.md',
    steps: [
      {
        say: 'In Cursor Settings, under Models:',
        language: 'text',
        code: `
OpenAI API Key            {{key}}
Override OpenAI Base URL  {{url}}/v1
Add Custom Model          {{model}}
`,
      },
    ],
  },
} as const satisfies Record<string, Tool>;
