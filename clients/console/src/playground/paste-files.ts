import type { ClipboardEvent } from 'react';

/** Takes the files that are pasted into a field. A text is pasted as ever. */
export function pasteFiles(event: ClipboardEvent, onFiles: (files: readonly File[]) => void): void {
  const files = [...event.clipboardData.files];
  if (files.length === 0) return;
  event.preventDefault();
  onFiles(files);
}
