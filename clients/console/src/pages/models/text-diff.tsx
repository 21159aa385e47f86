import { diffLines } from 'diff';
import { useText } from '../../text/text.tsx';

/** How many lines are shown around a change. */
const AROUND = 3;
const LONGEST = 2_000;

interface Line {
  readonly kind: 'add' | 'del' | '';
  readonly text: string;
}

const signs = { add: '+', del: '−', '': ' ' } as const;

function toLines(before: string, after: string): Line[] {
  return diffLines(before, after).flatMap(({ added, removed, value }) => {
    const kind = added ? 'add' : removed ? 'del' : '';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): Line => ({ kind, text }));
  });
}

/** Only what stands near a change; null where lines are left out. */
function nearChanges(lines: readonly Line[]): (Line | null)[] {
  const near = new Set<number>();
  for (const [at, { kind }] of lines.entries()) {
    if (kind === '') continue;
    for (let other = at - AROUND; other <= at + AROUND; other += 1) near.add(other);
  }
  return lines.flatMap((line, at) => (near.has(at) ? [line] : near.has(at - 1) ? [null] : []));
}

/** What is different between two texts, line by line. */
export default function TextDiff({ before, after }: { before: string; after: string }) {
  const { t } = useText();
  const lines = nearChanges(toLines(before, after)).slice(0, LONGEST);
  return (
    <figure className="code">
      <pre tabIndex={0} role="region" aria-label={t('models.diff')}>
        <code>
          {lines.map((line, at) => (
            <span key={at} className={`ln ${line?.kind ?? ''}`}>
              {line === null ? '…' : `${signs[line.kind]} ${line.text}`}
            </span>
          ))}
        </code>
      </pre>
    </figure>
  );
}
