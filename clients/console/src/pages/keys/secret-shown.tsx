import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useText } from '../../text/text.tsx';

/** The gateway keeps a hash alone: who closes this without a copy makes another key. */
export function SecretShown({ secret, onClose }: { secret: string; onClose(): void }) {
  const { t } = useText();
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('keys.secret')}
      lede={t('keys.once')}
      foot={
        <button type="button" className="btn main-action" onClick={onClose}>
          {t('keys.copied')}
        </button>
      }
    >
      <div className="copyline">
        <code data-secret>{secret}</code>
        <CopyButton text={secret} label={t('keys.copySecret')} />
      </div>
    </Dialog>
  );
}
