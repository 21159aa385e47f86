import { useMutation } from '@tanstack/react-query';
import { useGateway } from '../app/session.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { useText } from '../text/text.tsx';
import type { ChangeProps } from './rename-conversation.tsx';

export default function DeleteConversation({ conversation, onClose, onDone }: ChangeProps) {
  const { t } = useText();
  const gateway = useGateway();
  const remove = useMutation({
    mutationFn: () => gateway.conversations.delete.mutate({ conversation_id: conversation.id }),
    onSuccess: onDone,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('list.deleteTitle', { title: conversation.title ?? t('list.untitled') })}
      lede={t('list.deleteText', { count: conversation.message_count })}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="button" className="btn danger" onClick={() => remove.mutate()}>
            {t('list.delete')}
          </button>
        </>
      }
    >
      {remove.error ? <Problem error={remove.error} /> : null}
    </Dialog>
  );
}
