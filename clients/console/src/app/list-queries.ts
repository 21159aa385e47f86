import { useQuery } from '@tanstack/react-query';
import { useGateway } from './session.tsx';

/** Every key. Only the administrator may list them. */
export function useKeys(options: { readonly enabled?: boolean; readonly staleTime?: number } = {}) {
  const gateway = useGateway();
  return useQuery({ queryKey: ['keys'], queryFn: () => gateway.api.keys.list.query({ limit: 1000 }), ...options });
}

/** The pages of the documentation, which stay as they are while the gateway runs. */
export function useDocs() {
  const gateway = useGateway();
  return useQuery({
    queryKey: ['docs'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => gateway.api.docs.list.query(),
  });
}
