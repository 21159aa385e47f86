import { useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useSelf } from '../../app/queries.ts';
import { Shell } from '../../app/shell.tsx';
import { useText } from '../../text/text.tsx';
import { AllKeys } from './all-keys.tsx';
import type { OpenKey } from './api-key.ts';
import { KeyForm } from './key-form.tsx';
import { OwnKey } from './own-key.tsx';
import { RevokeKey, RotateKey } from './renew-key.tsx';
import { SecretShown } from './secret-shown.tsx';

/** The administrator makes keys and takes them back; a key sees itself. */
export default function KeysPage() {
  const { t } = useText();
  const { data: self } = useSelf();
  const queries = useQueryClient();
  const [open, setOpen] = useState<OpenKey>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => setOpen(null);
  const done = (made?: string) => {
    close();
    if (made !== undefined) setSecret(made);
    void queries.invalidateQueries({ queryKey: ['keys'] });
  };
  const isAdmin = self?.role === 'admin';
  return (
    <Shell
      title={t('nav.keys')}
      bar={
        <>
          <span className="grow" />
          {isAdmin ? (
            <button type="button" className="btn main-action" onClick={() => setOpen({ what: 'create' })}>
              <Plus className="i" aria-hidden="true" />
              {t('keys.create')}
            </button>
          ) : null}
        </>
      }
    >
      <main className="page">
        {isAdmin ? <AllKeys onOpen={setOpen} /> : null}
        {self && !isAdmin ? <OwnKey self={self} /> : null}
      </main>
      {open?.what === 'create' ? <KeyForm apiKey={null} onClose={close} onDone={done} /> : null}
      {open?.what === 'edit' ? <KeyForm apiKey={open.key} onClose={close} onDone={done} /> : null}
      {open?.what === 'rotate' ? <RotateKey apiKey={open.key} onClose={close} onDone={done} /> : null}
      {open?.what === 'revoke' ? <RevokeKey apiKey={open.key} onClose={close} onDone={done} /> : null}
      {secret === null ? null : <SecretShown secret={secret} onClose={() => setSecret(null)} />}
    </Shell>
  );
}
