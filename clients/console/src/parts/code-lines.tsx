import { Fragment } from 'react';
import { colourLine } from './colour-line.ts';

interface CodeLinesProps {
  readonly code: string;
  /** What it is, for who hears the page. */
  readonly label: string;
  /** Lines that hold one of these are lit. */
  readonly lit?: string | null;
}

/** Code whose lines can be lit, with colours that need no library. */
export function CodeLines({ code, label, lit = null }: CodeLinesProps) {
  return (
    <pre tabIndex={0} role="region" aria-label={label}>
      <code>
        {code.split('\n').map((line, at) => (
          <span key={at} className={`ln${lit !== null && line.includes(lit) ? ' lit' : ''}`}>
            {colourLine(line).map(({ kind, text }, i) => (
              <Fragment key={i}>{kind ? <span className={kind}>{text}</span> : text}</Fragment>
            ))}
          </span>
        ))}
      </code>
    </pre>
  );
}
