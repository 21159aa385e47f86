import { useQuery } from '@tanstack/react-query';
import { useKeys } from '../../app/list-queries.ts';
import { useGateway } from '../../app/session.tsx';
import { FilterPick } from '../../parts/filter-pick.tsx';
import { useText } from '../../text/text.tsx';
import type { ShownPlace } from './use-shown-place.ts';

const MOST_USERS = 1_000;

/** The owners of keys, each with the names of its keys. */
function useOwners(): readonly (readonly [string, string])[] {
  const { data } = useKeys();
  const names = new Map<string, string[]>();
  for (const { owner, name } of data?.items ?? []) names.set(owner, [...(names.get(owner) ?? []), name]);
  return [...names].map(([owner, keys]) => [owner, `${owner} · ${keys.join(', ')}`]);
}

/** Whose conversations are listed: those of an owner, or of one of the end users for whom the owner's keys began them. */
export function OwnerPick({ place: { owner, user, set } }: { place: ShownPlace }) {
  const { t } = useText();
  const gateway = useGateway();
  const owners = useOwners();
  const { data } = useQuery({
    queryKey: ['others', 'users', owner],
    enabled: owner !== '',
    refetchOnWindowFocus: false,
    queryFn: () => gateway.api.conversations.users.query({ owner, limit: MOST_USERS }),
  });
  const users = data?.items ?? [];
  return (
    <>
      <FilterPick
        label={t('keys.owner')}
        every={t('others.everyOwner')}
        value={owner}
        onChange={(value) => set('owner', value)}
        options={owners}
      />
      {users.length > 0 || user !== '' ? (
        <FilterPick
          label={t('others.user')}
          every={t('others.noUser')}
          value={user}
          onChange={(value) => set('user', value)}
          options={users.map(({ user_id }) => [user_id, user_id])}
        />
      ) : null}
    </>
  );
}
