import { Shell } from '../../app/shell.tsx';
import { useText } from '../../text/text.tsx';

export default function ApiPage() {
  const { t } = useText();
  return (
    <Shell title={t('nav.api')}>
      <main className="page" />
    </Shell>
  );
}
