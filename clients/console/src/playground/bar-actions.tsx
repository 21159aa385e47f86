import { Columns3, Download } from 'lucide-react';
import { Link } from 'wouter';
import { GoAnywhere } from '../app/go-anywhere.tsx';
import { useGateway } from '../app/session.tsx';
import { useText } from '../text/text.tsx';
import { exportConversation } from './export-conversation.ts';

/** The actions in the bar while no model is chosen. */
export function StartActions() {
  const { t } = useText();
  return (
    <>
      <GoAnywhere />
      <Link className="btn wide-only" to="/console/compare">
        <Columns3 className="i" aria-hidden="true" />
        {t('nav.compare')}
      </Link>
    </>
  );
}

/** The actions in the bar of a chat. */
export function ChatActions({ model, conversation }: { model: string; conversation: string | undefined }) {
  const { t } = useText();
  const gateway = useGateway();
  return (
    <>
      <Link className="btn ghost wide-only" to={`/console/compare?model=${encodeURIComponent(model)}`}>
        <Columns3 className="i" aria-hidden="true" />
        {t('compare.add')}
      </Link>
      {conversation === undefined ? null : (
        <button
          type="button"
          className="btn ghost icon"
          aria-label={t('list.export')}
          title={t('list.export')}
          onClick={() => void exportConversation(gateway, conversation)}
        >
          <Download className="i" aria-hidden="true" />
        </button>
      )}
    </>
  );
}
