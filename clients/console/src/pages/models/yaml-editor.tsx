import { lazy, type Ref, Suspense } from 'react';

const Highlighted = lazy(() => import('../../parts/highlighted.tsx'));

interface YamlEditorProps {
  readonly label: string;
  readonly text: string;
  /** The lines at fault, from 1. */
  readonly faulty: ReadonlySet<number>;
  readonly field: Ref<HTMLTextAreaElement>;
  readonly readOnly: boolean;
  onChange(text: string): void;
}

/** A text field over its own colours, with the numbers of its lines. It is as high as its text, and its frame scrolls. */
export default function YamlEditor({ label, text, faulty, field, readOnly, onChange }: YamlEditorProps) {
  const lines = text.split('\n');
  return (
    <div className="yaml" tabIndex={-1}>
      <div className="yaml-lines" aria-hidden="true">
        {lines.map((_, at) => (
          <span key={at} className={faulty.has(at + 1) ? 'bad' : undefined}>
            {at + 1}
          </span>
        ))}
      </div>
      <div className="yaml-text">
        <pre aria-hidden="true">
          <Suspense fallback={<code>{text}</code>}>
            <Highlighted code={`${text}\n`} language="yaml" />
          </Suspense>
        </pre>
        <textarea
          ref={field}
          aria-label={label}
          aria-invalid={faulty.size > 0}
          readOnly={readOnly}
          spellCheck={false}
          autoCapitalize="off"
          wrap="off"
          rows={lines.length + 1}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
    </div>
  );
}
