import { createGateway, type Gateway, isGatewayError } from '@duplex/client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { gatewayUrl } from './base-path.ts';

/** Ends with the tab. The key is in no address and in no storage that outlives the tab. */
const STORED = 'duplex-key';

interface Session {
  readonly key: string | null;
  /** The gateway refused the key that was in use. */
  readonly isExpired: boolean;
  /** Throws the gateway's error when the key is not valid. */
  signIn(key: string, keep: boolean): Promise<void>;
  /** The key for the demo; null: here one needs a key of one's own. */
  askDemoKey(): Promise<string | null>;
  /** With the code of the start link, which works once. */
  signInByCode(code: string): Promise<void>;
  signOut(): void;
  readonly gateway: Gateway;
}

const SessionContext = createContext<Session | null>(null);

const open = (apiKey: string) => createGateway({ baseUrl: gatewayUrl, apiKey });
const askDemoKey = async () => (await open('').api.start.query({})).key;

export function SessionProvider({ children }: { children: ReactNode }) {
  const [key, setKey] = useState(() => sessionStorage.getItem(STORED));
  const [isExpired, setExpired] = useState(false);
  const queries = useQueryClient();
  const gateway = useMemo(() => open(key ?? ''), [key]);
  useEffect(() => () => void gateway.close(), [gateway]);

  const signIn = useCallback(async (given: string, keep: boolean) => {
    const tried = open(given);
    await tried.api.self.query();
    if (keep) sessionStorage.setItem(STORED, given);
    setExpired(false);
    setKey(given);
  }, []);
  const signInByCode = useCallback(
    async (code: string) => {
      const { key: bearer } = await open('').api.start.query({ code });
      if (bearer !== null) await signIn(bearer, true);
    },
    [signIn],
  );
  const signOut = useCallback(() => {
    sessionStorage.removeItem(STORED);
    setKey(null);
    queries.clear();
  }, [queries]);

  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ query }) => {
        const { error } = query.state;
        if (key === null || !isGatewayError(error) || error.code !== 'invalid_authorization') return;
        setExpired(true);
        signOut();
      }),
    [queries, signOut, key],
  );

  const session = useMemo(
    () => ({ key, isExpired, signIn, askDemoKey, signInByCode, signOut, gateway }),
    [key, isExpired, signIn, signInByCode, signOut, gateway],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is no SessionProvider above.');
  return session;
}

export const useGateway = (): Gateway => useSession().gateway;
