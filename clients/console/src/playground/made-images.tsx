import { useText } from '../text/text.tsx';
import { isShownImage } from './attachment.ts';
import type { Attachment } from './draft.ts';
import { ImageButton } from './image-button.tsx';

interface MadeImagesProps {
  readonly pictures: readonly string[];
  /** Sends one on with the next question; absent where nothing can be attached. */
  onAttach?(attachment: Attachment): void;
}

/** Images that the model made. Only those that come inline are shown: the page loads nothing from elsewhere. */
export function MadeImages({ pictures, onAttach }: MadeImagesProps) {
  const { t } = useText();
  return pictures.filter(isShownImage).map((url, at) => {
    const name = t('chat.madePicture', { number: at + 1 });
    const onUse = onAttach && (() => onAttach({ name, url }));
    return <ImageButton key={url.slice(-64)} className="made" url={url} name={name} onUse={onUse} />;
  });
}
