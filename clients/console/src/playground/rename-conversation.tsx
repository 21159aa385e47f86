import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useGateway } from '../app/session.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useText } from '../text/text.tsx';
import type { ConversationSummary } from './conversation-summary.ts';

export interface ChangeProps {
  readonly conversation: ConversationSummary;
  onClose(): void;
  onDone(): void;
}

export default function RenameConversation({ conversation, onClose, onDone }: ChangeProps) {
  const { t } = useText();
  const gateway = useGateway();
  const form = useId();
  const [title, setTitle] = useState(conversation.title ?? '');
  const rename = useMutation({
    mutationFn: () => gateway.conversations.update.mutate({ conversation_id: conversation.id, title: title || null }),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('list.renameTitle')}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="submit" form={form} className="btn main-action">
            {t('list.rename')}
          </button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="stack">
        <Field label={t('list.title')}>
          {(control) => (
            <input
              {...control}
              className="input"
              maxLength={500}
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          )}
        </Field>
        {rename.error ? <Problem error={rename.error} /> : null}
      </form>
    </Dialog>
  );
}
