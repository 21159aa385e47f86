import { TableProperties } from 'lucide-react';
import { Menu } from '../../parts/menu.tsx';
import { useText } from '../../text/text.tsx';
import { requestColumns } from './request-columns.tsx';
import type { Columns } from './use-columns.ts';

/** Chooses the columns of the list. */
export function ColumnMenu({ columns }: { columns: Columns }) {
  const { t } = useText();
  const label = t('requests.columns');
  return (
    <Menu
      trigger={
        <button type="button" className="btn ghost" aria-label={label}>
          <TableProperties className="i" aria-hidden="true" />
          <span className="wide-only">{label}</span>
        </button>
      }
      checks={requestColumns.map(({ id, head }) => ({
        label: t(head),
        checked: columns.isShown(id),
        onChange: () => columns.toggle(id),
      }))}
    />
  );
}
