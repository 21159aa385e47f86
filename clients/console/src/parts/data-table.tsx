import type { ReactNode } from 'react';
import { Skeleton } from './skeleton.tsx';

export interface Column {
  readonly head: string;
  readonly kind?: 'number' | 'actions';
}

interface DataTableProps {
  /** For who hears the page. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** Part of a card that has a header. */
  readonly flat?: boolean;
  readonly foot?: ReactNode;
  /** The rows are being loaded. */
  readonly loading?: boolean;
  /** The rows. */
  readonly children: ReactNode;
}

/** A table of records, which become cards on a phone. */
export function DataTable({ caption, columns, flat = false, foot, loading = false, children }: DataTableProps) {
  if (loading) return <Skeleton />;
  return (
    <table className={`table stackable${flat ? ' flat' : ''}`}>
      <caption className="sr">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ head, kind }) => (
            <th key={head} className={kind === 'number' ? 'num' : undefined}>
              {kind === 'actions' ? <span className="sr">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
      {foot ? <tfoot>{foot}</tfoot> : null}
    </table>
  );
}

/** A column of numbers. */
export const numeric = (head: string): Column => ({ head, kind: 'number' });
