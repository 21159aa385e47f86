import type { UiChunk } from './ui-types.ts';

type Input = Extract<UiChunk, { type: 'tool-input-available' | 'tool-input-error' }>;

/** A complete call of a tool. What a model wrote need not be JSON. */
export function parseInput(toolCallId: string, toolName: string, text: string): Input {
  try {
    const input: unknown = JSON.parse(text || '{}');
    return { type: 'tool-input-available', toolCallId, toolName, input };
  } catch {
    const errorText = 'The model wrote arguments that are not JSON.';
    return { type: 'tool-input-error', toolCallId, toolName, input: text, errorText };
  }
}
