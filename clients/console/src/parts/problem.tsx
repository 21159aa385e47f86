import { isGatewayError } from '@duplex/client';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { basePath } from '../app/base-path.ts';
import { useText } from '../text/text.tsx';
import { RetryAfter } from './retry-after.tsx';

interface ProblemProps {
  readonly error: unknown;
  /** What can be done about it. */
  readonly children?: ReactNode;
}

/** What the gateway says about an error, with its code linking to what it means. */
export function Problem({ error, children }: ProblemProps) {
  const { t } = useText();
  const known = isGatewayError(error) ? error : null;
  return (
    <div className="note bad" role="alert">
      <CircleAlert className="i" aria-hidden="true" />
      <div className="stack-2">
        <p dir="auto">{known?.message ?? t('common.failed')}</p>
        {known ? (
          <p className="row wrap small">
            {known.type === 'client_error' ? (
              <code>{known.code}</code>
            ) : (
              <a href={`${basePath}/docs/errors#${known.code}`}>
                <code>{known.code}</code>
              </a>
            )}
            {known.param ? (
              <span className="faint">
                {t('common.field')} <code>{known.param}</code>
              </span>
            ) : null}
            {known.retryAfter !== null ? <RetryAfter seconds={known.retryAfter} /> : null}
          </p>
        ) : null}
        {children}
      </div>
    </div>
  );
}
