import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useGateway } from '../../app/session.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import type { Backend } from './backend.ts';

interface TestBackendProps {
  readonly backend: string;
  readonly cost: NonNullable<Backend['test']>;
  onClose(): void;
}

const notes = { ok: 'ok', warning: 'warn', problem: 'bad' } as const;

/** Says what a test costs before it begins, and then what was found. */
export function TestBackend({ backend, cost, onClose }: TestBackendProps) {
  const { t, money, milliseconds } = useText();
  const gateway = useGateway();
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: () => gateway.api.backends.test.mutate({ backend }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['backends'] }),
  });
  const sent = { requests: cost.requests, input: cost.prompt_tokens, output: cost.completion_tokens };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('backends.testOne', { backend })}
      lede={t('backends.testSends', sent)}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.close')}
          </button>
          <button
            type="button"
            className="btn main-action"
            aria-disabled={test.isPending}
            onClick={() => (test.isPending ? undefined : test.mutate())}
          >
            {test.isPending ? t('backends.testing') : t('backends.test')}
          </button>
        </>
      }
    >
      <p>
        {cost.cost_usd === null ? t('backends.testNoPrice') : t('backends.testCosts', { money: money(cost.cost_usd) })}
      </p>
      <div className="stack" aria-live="polite">
        {test.error ? <Problem error={test.error} /> : null}
        {(test.data?.checks ?? []).map(({ check, level, what, advice, ms }) => (
          <div key={check} className={`note ${notes[level]}`}>
            <div className="stack-2">
              <p>
                <strong>{t(`backends.check.${check}`)}</strong> · <span lang="en">{what}</span>{' '}
                <span className="faint small">{milliseconds(ms)}</span>
              </p>
              {advice ? (
                <p className="small" lang="en">
                  {advice}
                </p>
              ) : null}
            </div>
          </div>
        ))}
      </div>
    </Dialog>
  );
}
