import { useQuery } from '@tanstack/react-query';
import { useGateway } from '../../app/session.tsx';
import { useText } from '../../text/text.tsx';

/** Names in the place of ids, where the reader may know them. */
export function useKeyNames(isAdmin: boolean): (id: string | null) => string {
  const { t } = useText();
  const gateway = useGateway();
  const { data } = useQuery({
    queryKey: ['keys'],
    enabled: isAdmin,
    queryFn: () => gateway.api.keys.list.query({ limit: 1000 }),
  });
  const names = new Map((data?.items ?? []).map(({ id, name }) => [id, name]));
  return (id) => (id === null ? t('nav.administrator') : (names.get(id) ?? id));
}
