import { LineCounter, parseDocument } from 'yaml';
import { ImportError } from './import-error.ts';

/**
 * Parses a YAML or JSON text. The parser's own messages may quote the text, which may hold keys, so only the line and
 * the parser's code are reported. Throws `ImportError`.
 */
export function readYaml(text: string, name: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new ImportError(
      `${name}:${line}: The file is not valid YAML (${fault.code}). Correct this line, and try again.`,
    );
  }
  try {
    return document.toJS();
  } catch (cause) {
    throw new ImportError(
      `${name}: A YAML alias (\`*name\`) in the file has no anchor, or there are too many. Write it out.`,
      {
        cause,
      },
    );
  }
}
