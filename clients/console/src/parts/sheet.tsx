import { lazy, Suspense, useState } from 'react';
import type { SheetProps } from './opened-sheet.tsx';

const OpenedSheet = lazy(() => import('./opened-sheet.tsx'));

/** A sheet whose library is loaded when it is opened for the first time. A wide screen never opens one. */
export function Sheet(props: SheetProps) {
  const [wasOpened, setWasOpened] = useState(false);
  if (props.open && !wasOpened) setWasOpened(true);
  if (!wasOpened) return null;
  return (
    <Suspense>
      <OpenedSheet {...props} />
    </Suspense>
  );
}
