import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useLocation } from 'wouter';
import { takesChats } from '../playground/model-info.ts';
import { useText } from '../text/text.tsx';
import { docAddress } from './doc-address.ts';
import { useDocs, useKeys } from './list-queries.ts';
import { allPlaces, isFor } from './places.ts';
import { useInfo, useSelf } from './queries.ts';
import { useGateway } from './session.tsx';

/** How many targets of each kind are listed, so that no kind hides the others. */
const MOST = 6;
const MINUTE_MS = 60_000;

interface Target {
  readonly label: string;
  readonly to: string;
  readonly hint?: string;
}

interface TargetGroup {
  readonly name: string;
  readonly items: readonly Target[];
}

/** What the words lead to: pages, models, conversations, keys, documentation. */
function useTargets(words: string): readonly TargetGroup[] {
  const { t } = useText();
  const gateway = useGateway();
  const { data: self } = useSelf();
  const { data: info } = useInfo();
  const isAdmin = self?.role === 'admin';
  const docs = useDocs();
  const keys = useKeys({ enabled: isAdmin, staleTime: MINUTE_MS });
  const conversations = useQuery({
    queryKey: ['palette', words],
    placeholderData: (known) => known,
    queryFn: () => gateway.conversations.list.query({ limit: MOST, ...(words === '' ? {} : { q: words }) }),
  });
  const asked = words.toLowerCase();
  const fits = ({ label }: Target) => label.toLowerCase().includes(asked);
  const pages = allPlaces.filter((place) => isFor(place, self)).map(({ key, to }) => ({ label: t(key), to }));
  const models = (info?.models ?? []).filter(takesChats).map(({ alias }) => ({
    label: alias,
    to: `/playground?model=${encodeURIComponent(alias)}`,
  }));
  const found = (conversations.data?.items ?? []).map(({ id, title, excerpt }) => ({
    label: title ?? t('list.untitled'),
    to: `/playground/${encodeURIComponent(id)}`,
    ...(excerpt ? { hint: excerpt } : {}),
  }));
  const owned = (keys.data?.items ?? []).map(({ name, prefix }) => ({
    label: name,
    to: '/console/keys',
    hint: `${prefix}…`,
  }));
  const written = (docs.data?.items ?? []).map(({ name, title }) => ({
    label: title,
    to: docAddress(name),
  }));
  const groups: readonly TargetGroup[] = [
    { name: t('palette.pages'), items: pages.filter(fits) },
    { name: t('palette.models'), items: models.filter(fits) },
    { name: t('list.label'), items: found },
    { name: t('nav.keys'), items: words === '' ? [] : owned.filter(fits) },
    { name: t('nav.docs'), items: words === '' ? [] : written.filter(fits) },
  ];
  return groups
    .map(({ name, items }) => ({ name, items: words === '' ? items : items.slice(0, MOST) }))
    .filter(({ items }) => items.length > 0);
}

/** Goes to anything by its name. */
export default function Palette({ onClose }: { onClose(): void }) {
  const { t } = useText();
  const [, navigate] = useLocation();
  const [words, setWords] = useState('');
  const groups = useTargets(useDeferredValue(words.trim()));
  const go = (to: string) => {
    onClose();
    navigate(to);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <div className="layer palette-layer">
          <Dialog.Popup className="dialog palette" aria-label={t('palette.title')}>
            <Autocomplete.Root
              inline
              open
              mode="none"
              items={groups}
              value={words}
              onValueChange={setWords}
              autoHighlight="always"
              itemToStringValue={({ label }: Target) => label}
            >
              <Autocomplete.Input
                className="input"
                placeholder={t('palette.placeholder')}
                aria-label={t('palette.title')}
              />
              <Autocomplete.Empty className="small faint">{t('palette.none')}</Autocomplete.Empty>
              <Autocomplete.List className="palette-list">
                {({ name, items }: TargetGroup) => (
                  <Autocomplete.Group key={name} items={items}>
                    <Autocomplete.GroupLabel className="small faint">{name}</Autocomplete.GroupLabel>
                    {items.map((target) => (
                      <Autocomplete.Item
                        key={`${target.to} ${target.label}`}
                        value={target}
                        className="menu-item"
                        onClick={() => go(target.to)}
                      >
                        <span className="truncate">{target.label}</span>
                        {target.hint ? <span className="small faint truncate">{target.hint}</span> : null}
                      </Autocomplete.Item>
                    ))}
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Root>
          </Dialog.Popup>
        </div>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
