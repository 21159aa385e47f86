import { newId } from './ids.ts';

const PREFIX = 'ct_';
const TIME_DIGITS = 12;

/** The least id of a client token that expires at a time or later. */
export const firstTokenId = (expiresAt: Date): string =>
  PREFIX + expiresAt.getTime().toString(16).padStart(TIME_DIGITS, '0');

/** A new id of a client token. Ids sort by the time at which their tokens expire. */
export const newTokenId = (expiresAt: Date): string => newId(firstTokenId(expiresAt));
