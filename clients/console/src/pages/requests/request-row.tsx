import { useText } from '../../text/text.tsx';
import type { RequestColumn } from './request-columns.tsx';
import { type RequestRow, useKeyName } from './request-entry.ts';

interface RequestLineProps {
  readonly row: RequestRow;
  readonly columns: readonly RequestColumn[];
  readonly selected: boolean;
  onOpen(): void;
}

/** One line of the log. A click anywhere on it opens the request. */
export function RequestLine({ row, columns, selected, onOpen }: RequestLineProps) {
  const text = useText();
  const { t, time, dateTime } = text;
  const shown = { ...text, keyName: useKeyName() };
  return (
    <tr aria-selected={selected}>
      <td>
        <button type="button" className="row-open tnum nowrap" title={dateTime(row.at)} onClick={onOpen}>
          {time(row.at)}
        </button>
      </td>
      {columns.map(({ id, head, isNumber = false, isExtra = false, className, cell }) => (
        <td key={id} className={isNumber ? 'num' : className} data-th={isNumber || isExtra ? t(head) : undefined}>
          {cell(row, shown)}
        </td>
      ))}
    </tr>
  );
}
