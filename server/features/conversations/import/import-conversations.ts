import type { ImportProblem, ImportProgress, ImportReport } from '../../../../contracts/conversations/import.ts';
import { isRecord } from '../../../canonical/json.ts';
import type { ConversationStore } from '../../../store/interface/conversations.ts';
import { type FoundConversation, type ImportForm, type ParsedValue, UnreadableError } from './found-conversation.ts';
import { chatGptForm } from './read-chatgpt.ts';
import { exportForm } from './read-export.ts';
import { readMarkdown } from './read-markdown.ts';
import { openWebUiForm } from './read-open-webui.ts';
import { openAiForm } from './read-openai.ts';
import { MAX_VALUE, splitValues, TOO_LONG, type Value } from './split-values.ts';
import { explainUnreadable, type Importer, toImported } from './to-imported.ts';

export interface ImportDeps {
  readonly conversations: Pick<ConversationStore, 'import'>;
  /** Reads JSON without holding others up. Throws `invalid_json` and `body_too_complex`. */
  readonly parse: (bytes: Buffer) => ParsedValue | Promise<ParsedValue>;
}

/** The first that recognizes a value reads it. */
const forms: readonly ImportForm[] = [exportForm, chatGptForm, openWebUiForm, openAiForm];

const MAX_PROBLEMS = 100;

const NOT_KNOWN =
  'It is no conversation in a known form: an export of Duplex, ChatGPT or Open WebUI, or messages as chat completions take them.';

const isMessage = (value: unknown): boolean => isRecord(value) && typeof value.role === 'string';

/** Counts what happens to the conversations of a file. */
class Tally {
  bytes = 0;
  imported = 0;
  already_here = 0;
  failed = 0;
  messages = 0;
  leftOut = 0;
  position = 0;
  readonly #problems: ImportProblem[] = [];

  fail(message: string, title: string | null = null): void {
    this.failed += 1;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ position: this.position, title, message });
  }

  get progress(): ImportProgress {
    return { object: 'conversation.import.progress', ...this.#counts };
  }

  get report(): ImportReport {
    return {
      object: 'conversation.import',
      ...this.#counts,
      messages: this.messages,
      left_out: this.leftOut,
      problems: this.#problems,
      problem_count: this.failed,
    };
  }

  get #counts() {
    const { bytes, imported, already_here, failed } = this;
    return { bytes, imported, already_here, failed };
  }
}

async function* counted(body: AsyncIterable<Buffer>, tally: Tally): AsyncGenerator<Buffer, void, void> {
  for await (const piece of body) {
    tally.bytes += piece.length;
    yield piece;
  }
}

function read(parsed: ParsedValue): FoundConversation {
  const { value } = parsed;
  const form = isRecord(value) ? forms.find((known) => known.recognizes(value)) : undefined;
  if (!form) throw new UnreadableError(NOT_KNOWN);
  return form.read(parsed);
}

const titleOf = (value: unknown): string | null =>
  isRecord(value) && typeof value.title === 'string' ? value.title.slice(0, 200) : null;

/** A file that is one list of messages is one conversation. */
function gather(messages: readonly Buffer[]): Buffer {
  const list = messages.flatMap((message, i) => (i === 0 ? [message] : [Buffer.from(','), message]));
  return Buffer.concat([Buffer.from('{"messages":['), ...list, Buffer.from(']}')]);
}

/**
 * Imports the conversations of a file while it arrives, each for itself: one that cannot be read does not stop the others, and
 * what is told as imported is on disk. Gives the progress after each, and returns the report.
 */
export async function* importConversations(
  { conversations, parse }: ImportDeps,
  body: AsyncIterable<Buffer>,
  importer: Importer,
): AsyncGenerator<ImportProgress, ImportReport, void> {
  const tally = new Tally();
  /** Messages outside of any conversation, and their length in bytes. */
  const loose: Buffer[] = [];
  let length = 0;

  async function keep(found: FoundConversation): Promise<void> {
    const imported = await toImported(found, importer);
    if (!(await conversations.import(imported))) {
      tally.already_here += 1;
      return;
    }
    tally.imported += 1;
    tally.messages += imported.messages.length;
    tally.leftOut += found.leftOut;
  }

  async function take(value: Value | { readonly found: FoundConversation }): Promise<void> {
    tally.position += 1;
    let title: string | null = null;
    try {
      if ('fault' in value) throw new UnreadableError(value.fault);
      if ('text' in value) return;
      if ('found' in value) {
        title = value.found.title;
        return await keep(value.found);
      }
      const parsed = await parse(value.json);
      title = titleOf(parsed.value);
      if (isMessage(parsed.value)) {
        tally.position -= 1;
        length += value.json.length;
        if (length <= MAX_VALUE) loose.push(value.json);
        else loose.length = 0;
        return;
      }
      await keep(read(parsed));
    } catch (error) {
      tally.fail(explainUnreadable(error), title);
    }
  }

  for await (const value of splitValues(counted(body, tally))) {
    const found = 'text' in value ? readMarkdown(value.text).map((one) => ({ found: one })) : [value];
    if (found.length === 0) await take({ fault: NOT_KNOWN });
    for (const one of found) {
      await take(one);
      yield tally.progress;
    }
  }
  if (length > MAX_VALUE) await take({ fault: TOO_LONG });
  else if (loose.length > 0) await take({ json: gather(loose) });
  return tally.report;
}
