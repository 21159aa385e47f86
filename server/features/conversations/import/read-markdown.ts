import { hash } from 'node:crypto';
import type { FoundConversation, FoundMessage } from './found-conversation.ts';

/** The heading of a message in an export as Markdown, such as `## Assistant (a-model)`. */
const HEADING = /^## (User|Assistant|Tool|System|Developer)(?: \((.{1,200})\))?$/s;
const TITLE = /^# (.+)$/s;
const TIME = /^\*(\d{4}-\d\d-\d\dT[\d:.]+Z)\*$/;
const FENCE = /^(`{3,})/;

interface Section {
  readonly role: string;
  readonly model: string | null;
  readonly lines: string[];
}

interface Draft {
  title: string | null;
  createdAt: Date | null;
  readonly sections: Section[];
}

/** Takes off the rule that parts two conversations. */
function dropRule(lines: string[]): void {
  while (lines.at(-1) === '') lines.pop();
  if (lines.at(-1) === '---') lines.pop();
}

/** The conversations of a file. A line in a block of code is never a heading. */
function draftsOf(text: string): Draft[] {
  const drafts: Draft[] = [];
  let fence: string | null = null;
  let mayBegin = true;
  for (const line of text.split(/\r?\n/)) {
    const draft = drafts.at(-1);
    const section = draft?.sections.at(-1);
    if (fence === null) {
      const title: string | undefined = mayBegin ? TITLE.exec(line)?.[1] : undefined;
      if (title !== undefined) {
        if (section) dropRule(section.lines);
        drafts.push({ title, createdAt: null, sections: [] });
        mayBegin = false;
        continue;
      }
      const [, role, model] = HEADING.exec(line) ?? [];
      if (draft && role !== undefined) {
        draft.sections.push({ role: role.toLowerCase(), model: model ?? null, lines: [] });
        mayBegin = false;
        continue;
      }
    }
    // A rule between two conversations.
    if (line !== '') mayBegin = fence === null && line === '---';
    const ticks = FENCE.exec(line)?.[1];
    if (ticks !== undefined) {
      if (fence === null) fence = ticks;
      else if (line === fence) fence = null;
    }
    const at = draft && !section ? TIME.exec(line)?.[1] : undefined;
    if (draft && at !== undefined) draft.createdAt = new Date(at);
    section?.lines.push(line);
  }
  return drafts;
}

/** The quoted lines at the beginning of a text. With millions of lines, a regular expression would overflow its stack. */
function quotedStart(text: string): string {
  let at = 0;
  while (text[at] === '>') {
    const end = text.indexOf('\n', at);
    if (end < 0) return text;
    at = end + 1;
  }
  return text.slice(0, at);
}

function toMessage({ role, model, lines }: Section, i: number): FoundMessage | null {
  const said = lines.join('\n').trim();
  const isAnswer = role === 'assistant';
  const thought = isAnswer && said.startsWith('>') ? quotedStart(said) : undefined;
  const content = thought === undefined ? said : said.slice(thought.length).trim();
  if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer') return null;
  return {
    id: null,
    parent: i === 0 ? null : i - 1,
    role,
    message: { role, content },
    reasoning: thought?.replace(/^> ?/gm, '').trim() ?? null,
    model: isAnswer ? model : null,
    createdAt: null,
  };
}

function toConversation({ title, createdAt, sections }: Draft): FoundConversation {
  const [first] = sections;
  const systemPrompt = first?.role === 'system' ? first.lines.join('\n').trim() : null;
  const messages: FoundMessage[] = [];
  let leftOut = 0;
  for (const section of systemPrompt === null ? sections : sections.slice(1)) {
    const message = toMessage(section, messages.length);
    if (message) messages.push(message);
    else leftOut += 1;
  }
  const digest = hash('sha256', JSON.stringify([title, createdAt, sections]), 'hex');
  return {
    source: `markdown:${digest}`,
    title,
    titleSource: 'user',
    systemPrompt,
    createdAt,
    lastUsedAt: createdAt,
    head: null,
    messages,
    leftOut,
  };
}

/** The words of exports as Markdown. Such a file has no pictures, and results of tools cannot be told from words: both are lost. */
export const readMarkdown = (text: string): FoundConversation[] => draftsOf(text).map(toConversation);
