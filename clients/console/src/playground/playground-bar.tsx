import { type LucideIcon, PanelLeft, PanelRight } from 'lucide-react';
import { useText } from '../text/text.tsx';
import { ChatActions, StartActions } from './bar-actions.tsx';
import { ModelPick } from './model-pick.tsx';
import type { PlaygroundState } from './use-playground.ts';

/** What a sheet holds where the window is too narrow for a column. */
export type SheetName = 'list' | 'panel';

interface SheetButtonProps {
  readonly label: string;
  readonly icon: LucideIcon;
  onOpen(): void;
}

function SheetButton({ label, icon: Icon, onOpen }: SheetButtonProps) {
  return (
    <button type="button" className="btn ghost icon only-narrow" aria-label={label} onClick={onOpen}>
      <Icon className="i" aria-hidden="true" />
    </button>
  );
}

interface PlaygroundBarProps extends Pick<PlaygroundState, 'talk' | 'models' | 'setDraft'> {
  readonly conversation: string | undefined;
  onSheet(name: SheetName): void;
}

export function PlaygroundBar({ talk, models, setDraft, conversation, onSheet }: PlaygroundBarProps) {
  const { t } = useText();
  return (
    <>
      <SheetButton label={t('list.label')} icon={PanelLeft} onOpen={() => onSheet('list')} />
      {talk ? (
        <ModelPick
          draft={talk.draft}
          model={talk.model}
          models={models}
          usedTokens={talk.usedTokens}
          onChange={setDraft}
        />
      ) : null}
      <span className="grow" />
      {talk ? <ChatActions model={talk.draft.model} conversation={conversation} /> : <StartActions />}
      {talk ? <SheetButton label={t('request.title')} icon={PanelRight} onOpen={() => onSheet('panel')} /> : null}
    </>
  );
}
