import { Download, Reply } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { useText } from '../text/text.tsx';

interface ImageButtonProps {
  readonly url: string;
  readonly name: string;
  /** Of the image in its place. */
  readonly className?: string;
  /** Sends the image on with the next question. */
  readonly onUse?: (() => void) | undefined;
}

/** An image that a click enlarges, so that it can be looked at, saved, and sent on. */
export function ImageButton({ url, name, className, onUse }: ImageButtonProps) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="image-button"
        aria-label={t('chat.enlarge', { name })}
        onClick={() => setOpen(true)}
      >
        <img className={className} src={url} alt={name} />
      </button>
      {open ? (
        <Dialog
          open
          wide
          title={name}
          onClose={() => setOpen(false)}
          foot={
            <>
              {onUse ? (
                <button
                  type="button"
                  className="btn"
                  onClick={() => {
                    setOpen(false);
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
      ) : null}
    </>
  );
}
