import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useGateway } from '../../app/session.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import type { ApiKey } from './api-key.ts';

interface RenewProps {
  readonly apiKey: ApiKey;
  onClose(): void;
  onDone(secret?: string): void;
}

export function RotateKey({ apiKey: key, onClose, onDone }: RenewProps) {
  const { t } = useText();
  const gateway = useGateway();
  const rotate = useMutation({
    mutationFn: () => gateway.api.keys.rotate.mutate({ key_id: key.id }),
    onSuccess: (made) => onDone(made.key),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('keys.rotateTitle', { name: key.name })}
      lede={t('keys.rotateText')}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="button" className="btn main-action" onClick={() => rotate.mutate()}>
            {t('keys.rotate')}
          </button>
        </>
      }
    >
      {rotate.error ? <Problem error={rotate.error} /> : null}
    </Dialog>
  );
}

/** For good, so it asks for the name. */
export function RevokeKey({ apiKey: key, onClose, onDone }: RenewProps) {
  const { t } = useText();
  const gateway = useGateway();
  const [typed, setTyped] = useState('');
  const revoke = useMutation({
    mutationFn: () => gateway.api.keys.revoke.mutate({ key_id: key.id }),
    onSuccess: () => onDone(),
  });
  const matches = typed === key.name;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('keys.revokeTitle', { name: key.name })}
      lede={t('keys.revokeText')}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button
            type="button"
            className="btn danger"
            aria-disabled={!matches}
            onClick={() => matches && revoke.mutate()}
          >
            {t('keys.revoke')}
          </button>
        </>
      }
    >
      <Field label={t('keys.typeName', { name: key.name })}>
        {(control) => (
          <input {...control} className="input" value={typed} onChange={(event) => setTyped(event.target.value)} />
        )}
      </Field>
      {revoke.error ? <Problem error={revoke.error} /> : null}
    </Dialog>
  );
}
