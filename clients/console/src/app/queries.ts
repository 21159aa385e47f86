import { useQuery } from '@tanstack/react-query';
import { type Backend, type BackendState, type FirstBackend, firstBackend } from './first-backend.ts';
import { useGateway } from './session.tsx';

export const LIVE_MS = 15_000;

/** The models that the key may use, with their backends' states. */
export function useInfo() {
  const gateway = useGateway();
  return useQuery({ queryKey: ['info'], queryFn: () => gateway.models.info.query(), refetchInterval: LIVE_MS });
}

/** Whose key this is, its limits and its balance. */
export function useSelf() {
  const gateway = useGateway();
  return useQuery({ queryKey: ['self'], queryFn: () => gateway.api.self.query() });
}

/** What the probes of the backends say. A gateway that cannot serve answers 503, which is a state and no failure here. */
export function useReadiness() {
  const gateway = useGateway();
  return useQuery({ queryKey: ['ready'], queryFn: () => gateway.system.ready.query(), refetchInterval: LIVE_MS });
}

/** The providers that do not answer the gateway's probes. */
export function useDownProviders(): readonly string[] {
  const { data } = useReadiness();
  return (data?.backends ?? []).filter(({ status }) => status === 'down').map(({ provider }) => provider);
}

/** The state of a backend as a reader means it: it is down as long as its provider does not answer the probes. */
export function useBackendState() {
  const down = useDownProviders();
  return ({ provider, state }: Backend): BackendState => (down.includes(provider) ? 'down' : state);
}

/** The backend of a model that is asked first now; null: it has none. */
export function useFirstBackend(backends: readonly Backend[] = []): FirstBackend | null {
  return firstBackend(backends, useBackendState());
}

export function useStatus() {
  const gateway = useGateway();
  return useQuery({
    queryKey: ['status'],
    refetchInterval: LIVE_MS,
    async queryFn() {
      const begun = performance.now();
      const { data } = await gateway.api.status.query();
      return { ...data, pingMs: Math.round(performance.now() - begun) };
    },
  });
}
