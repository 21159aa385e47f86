import { useText } from '../text/text.tsx';

const ROWS = ['w0', 'w1', 'w2', 'w3', 'w4', 'w5'] as const;

/** The shape of a table or a list that is being loaded. It is visible only when that takes a while. */
export function Skeleton({ rows = ROWS.length }: { rows?: number }) {
  const { t } = useText();
  return (
    <div className="skels" role="status">
      <span className="sr">{t('common.loading')}</span>
      {ROWS.slice(0, rows).map((name) => (
        <div key={name} className="skel" />
      ))}
    </div>
  );
}
