import { memo } from 'react';
import { AnswerView } from './answer-view.tsx';
import type { Attachment } from './draft.ts';
import { QuestionView } from './question-view.tsx';
import type { Entry } from './thread.ts';
import { ToolResultView } from './tool-result-view.tsx';

export interface EntryViewProps {
  readonly entry: Entry;
  readonly typicalSeconds: number | null;
  readonly isEdited: boolean;
  readonly areCallsOpen: boolean;
  onEditing(id: string | null): void;
  onEdit(id: string, text: string): void;
  onAgain(id: string): void;
  onShow(entry: Entry, at: number): void;
  onAttach(attachment: Attachment): void;
}

/** Drawn again only when the entry itself has changed: while one of many messages streams, the others stay. */
export const EntryView = memo(function EntryView(props: EntryViewProps) {
  const { entry, typicalSeconds, isEdited, areCallsOpen, onEditing, onEdit, onAgain, onShow, onAttach } = props;
  switch (entry.kind) {
    case 'question':
      return <QuestionView entry={entry} editing={isEdited} onEditing={onEditing} onEdit={onEdit} onBranch={onShow} />;
    case 'results':
      return <ToolResultView results={entry.results} />;
    case 'answer':
      return (
        <AnswerView
          entry={entry}
          typicalSeconds={typicalSeconds}
          areCallsOpen={areCallsOpen}
          onAgain={onAgain}
          onShow={onShow}
          onAttach={onAttach}
        />
      );
  }
});
