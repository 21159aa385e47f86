import type { Outputs } from '@duplex/client';
import {
  Blocks,
  BookOpen,
  ChartColumn,
  CircleX,
  Code,
  Columns3,
  History,
  KeyRound,
  ListTree,
  type LucideIcon,
  MessageSquare,
  MessagesSquare,
  Wallet,
} from 'lucide-react';
import type { TextKey } from '../text/en.ts';

type Self = Outputs['api']['self'];

export interface Place {
  readonly to: string;
  readonly key: TextKey;
  readonly icon: LucideIcon;
  /** Typed after G, it leads there. */
  readonly letter?: string;
  readonly admin?: boolean;
  /** Only for whoever may read the conversations of others. */
  readonly reads?: boolean;
}

/** The pages of the console, as the navigation groups them. */
export const places = {
  talk: [
    { to: '/playground', key: 'nav.playground', icon: MessageSquare, letter: 'p' },
    { to: '/console/compare', key: 'nav.compare', icon: Columns3, letter: 'c' },
  ],
  build: [
    { to: '/console', key: 'nav.api', icon: Code, letter: 'a' },
    { to: '/console/keys', key: 'nav.keys', icon: KeyRound, letter: 'k' },
    { to: '/docs', key: 'nav.docs', icon: BookOpen, letter: 'd' },
  ],
  operate: [
    { to: '/console/usage', key: 'nav.usage', icon: ChartColumn, letter: 'u' },
    { to: '/console/requests', key: 'nav.requests', icon: ListTree, letter: 'r' },
    { to: '/console/models', key: 'nav.models', icon: Blocks, letter: 'm' },
    { to: '/console/wallets', key: 'nav.wallets', icon: Wallet, letter: 'w' },
    { to: '/console/conversations', key: 'nav.conversations', icon: MessagesSquare, reads: true },
    { to: '/console/audit', key: 'nav.audit', icon: History, admin: true },
    { to: '/console/errors', key: 'nav.errors', icon: CircleX, letter: 'e' },
  ],
} as const satisfies Record<string, readonly Place[]>;

/** Whether a page has something for the holder of this key. */
export const isFor = ({ admin, reads }: Place, self: Self | undefined): boolean =>
  (!admin || self?.role === 'admin') && (!reads || self?.reads_conversations === true);

export const allPlaces: readonly Place[] = Object.values(places).flat();

/** Whether an address belongs to a page. No page lies below `/console` itself. */
export const isHere = (location: string, to: string): boolean =>
  to === '/console' ? location === to : location === to || location.startsWith(`${to}/`);
