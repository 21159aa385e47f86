import type { Outputs } from '@duplex/client';
import { useText } from '../../text/text.tsx';

export type RequestRow = Outputs['api']['usage']['list']['items'][number];

/** The backend that answered. */
export const backendOf = ({ provider, upstream_model }: RequestRow): string =>
  provider === null ? '–' : `${provider}/${upstream_model ?? ''}`;

/** How a request's key is shown: by its name, or by its id when the gateway knows no name. */
export function useKeyName(): (row: RequestRow) => string {
  const { t } = useText();
  return ({ key_id, key_name }) => key_name ?? key_id ?? t('nav.administrator');
}
