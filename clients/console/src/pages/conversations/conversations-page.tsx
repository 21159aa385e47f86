import { MessagesSquare } from 'lucide-react';
import { Shell } from '../../app/shell.tsx';
import { useText } from '../../text/text.tsx';
import { OthersList } from './others-list.tsx';
import { OwnerPick } from './owner-pick.tsx';
import { ReadConversation } from './read-conversation.tsx';
import { useShownPlace } from './use-shown-place.ts';

function Nothing({ text }: { text: string }) {
  return (
    <div className="empty">
      <MessagesSquare className="i" aria-hidden="true" />
      <p>{text}</p>
    </div>
  );
}

/** The conversations of others, for the administrator to read where the operator allows it. */
export default function ConversationsPage() {
  const { t } = useText();
  const place = useShownPlace();
  const { owner, user, open } = place;
  return (
    <Shell
      title={t('nav.conversations')}
      railed
      bar={
        <>
          <span className="grow" />
          <span className="badge wide-only">{t('others.readOnly')}</span>
        </>
      }
    >
      <div className={`work no-panel others${open === '' ? '' : ' opened'}`}>
        <aside className="list" aria-label={t('nav.conversations')}>
          <OwnerPick place={place} />
          {owner === '' ? (
            <p className="small faint pad only-narrow">{t('others.choose')}</p>
          ) : (
            <OthersList key={`${owner} ${user}`} place={place} />
          )}
        </aside>
        <main className="chat">
          {owner === '' ? (
            <Nothing text={t('others.choose')} />
          ) : open === '' ? (
            <Nothing text={t('others.open')} />
          ) : (
            <ReadConversation key={open} place={place} />
          )}
        </main>
      </div>
    </Shell>
  );
}
