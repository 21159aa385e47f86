import { useSearchParams } from 'wouter';

const names = ['owner', 'user', 'open'] as const;
type Name = (typeof names)[number];

/** Whose conversations are listed, and which one is read. It stands in the address, so that a link can lead there. */
export interface ShownPlace extends Readonly<Record<Name, string>> {
  /** What is below a choice is left out: another owner has other end users. */
  set(name: Name, value: string): void;
}

export function useShownPlace(): ShownPlace {
  const [params, setParams] = useSearchParams();
  const read = (name: Name): string => params.get(name) ?? '';
  return {
    owner: read('owner'),
    user: read('user'),
    open: read('open'),
    set(name, value) {
      const kept = names.slice(0, names.indexOf(name)).map((known): [Name, string] => [known, read(known)]);
      setParams(new URLSearchParams([...kept, [name, value]].filter(([, text]) => text !== '')));
    },
  };
}
