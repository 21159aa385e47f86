import { Download, Reply } from 'lucide-react';
import { Dialog } from '../parts/dialog.tsx';
import { useText } from '../text/text.tsx';

interface EnlargedImageProps {
  readonly url: string;
  readonly name: string;
  onClose(): void;
  /** Sends the image on with the next question. */
  readonly onUse?: (() => void) | undefined;
}

/** An image as large as it is, to be looked at, saved, and sent on. */
export default function EnlargedImage({ url, name, onClose, onUse }: EnlargedImageProps) {
  const { t } = useText();
  return (
    <Dialog
      open
      wide
      title={name}
      onClose={onClose}
      foot={
        <>
          {onUse ? (
            <button
              type="button"
              className="btn"
              onClick={() => {
                onClose();
                onUse();
              }}
            >
              <Reply className="i" aria-hidden="true" />
              {t('chat.useImage')}
            </button>
          ) : null}
          <a className="btn" href={url} download={name}>
            <Download className="i" aria-hidden="true" />
            {t('common.save')}
          </a>
        </>
      }
    >
      <img className="enlarged" src={url} alt={name} />
    </Dialog>
  );
}
