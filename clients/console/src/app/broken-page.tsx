import { useText } from '../text/text.tsx';

/** Stands in the place of a page that could not be loaded or failed. */
export function BrokenPage() {
  const { t } = useText();
  return (
    <main className="page">
      <div className="card empty" role="alert">
        <h1>{t('common.broken')}</h1>
        <p>{t('common.brokenText')}</p>
        <button type="button" className="btn main-action" onClick={() => location.reload()}>
          {t('common.reload')}
        </button>
      </div>
    </main>
  );
}
