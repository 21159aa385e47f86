import type { Outputs } from '@duplex/client';
import { badgeOf } from '../../parts/outcome.ts';
import { useText } from '../../text/text.tsx';

export type RequestRow = Outputs['api']['usage']['list']['items'][number];

/** The backend that answered. */
export const backendOf = ({ provider, upstream_model }: RequestRow): string =>
  provider === null ? '–' : `${provider}/${upstream_model ?? ''}`;

/** How a request's key is shown: by its name, or by its id when the gateway knows no name. */
export function useKeyName(): (row: RequestRow) => string {
  const { t } = useText();
  return ({ key_id, key_name }) => key_name ?? key_id ?? t('nav.administrator');
}

interface RequestLineProps {
  readonly row: RequestRow;
  readonly selected: boolean;
  onOpen(): void;
}

/** One line of the log. A click anywhere on it opens the request. */
export function RequestLine({ row, selected, onOpen }: RequestLineProps) {
  const { t, time, dateTime, number, milliseconds, money } = useText();
  const keyName = useKeyName();
  return (
    <tr aria-selected={selected}>
      <td>
        <button type="button" className="row-open tnum nowrap" title={dateTime(row.at)} onClick={onOpen}>
          {time(row.at)}
        </button>
      </td>
      <td className="c-outcome">
        <span className={`badge ${badgeOf(row.outcome)}`}>{row.outcome}</span>
      </td>
      <td className="c-model">
        <div>{row.model}</div>
        <div className="small faint truncate bk" title={backendOf(row)}>
          {backendOf(row)}
        </div>
      </td>
      <td className="num" data-th={t('requests.tries')}>
        {row.attempts.length > 1 ? <span className="badge warn tnum">{row.attempts.length}</span> : row.attempts.length}
      </td>
      <td className="c-key small">
        <div className="truncate who-c" title={keyName(row)}>
          {keyName(row)}
        </div>
      </td>
      <td className="num" data-th={t('usage.tokens')}>
        {number(row.prompt_tokens + row.completion_tokens)}
      </td>
      <td className="num" data-th={t('requests.took')}>
        {milliseconds(row.latency_ms)}
      </td>
      <td className="num" data-th={t('usage.cost')}>
        {money(row.cost_usd)}
      </td>
    </tr>
  );
}
