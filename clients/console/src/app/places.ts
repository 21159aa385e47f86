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
  Wallet,
} from 'lucide-react';
import type { TextKey } from '../text/en.ts';

export interface Place {
  readonly to: string;
  readonly key: TextKey;
  readonly icon: LucideIcon;
  /** Typed after G, it leads there. */
  readonly letter?: string;
  readonly admin?: boolean;
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
    { to: '/console/audit', key: 'nav.audit', icon: History, admin: true },
    { to: '/console/errors', key: 'nav.errors', icon: CircleX, letter: 'e' },
  ],
} as const satisfies Record<string, readonly Place[]>;

export const allPlaces: readonly Place[] = Object.values(places).flat();

/** Whether an address belongs to a page. No page lies below `/console` itself. */
export const isHere = (location: string, to: string): boolean =>
  to === '/console' ? location === to : location === to || location.startsWith(`${to}/`);
