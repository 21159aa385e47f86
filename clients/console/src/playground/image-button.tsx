import { lazy, Suspense, useState } from 'react';
import { useText } from '../text/text.tsx';

const EnlargedImage = lazy(() => import('./enlarged-image.tsx'));

interface ImageButtonProps {
  readonly url: string;
  readonly name: string;
  /** The class of the image in the page. */
  readonly className?: string;
  /** Sends the image on with the next question. */
  readonly onUse?: (() => void) | undefined;
}

/** An image that a click enlarges. */
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
        <Suspense>
          <EnlargedImage url={url} name={name} onUse={onUse} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
