import { EnvError } from '../env.ts';
import { StoreError } from '../store/store-error.ts';
import { ModelsFileError } from './models-file.ts';

/** Node's error of a system call. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

const isSystemError = (error: Error): error is SystemError =>
  'code' in error && typeof error.code === 'string' && 'syscall' in error && typeof error.syscall === 'string';

/** Describes why the port cannot be listened on. */
function describeListening({ code, address, port, message }: SystemError): string {
  if (code === 'EADDRINUSE')
    return `PORT: ${port} on ${address} is in use. Set PORT to a free port, or stop what uses it.`;
  if (code === 'EACCES') return `PORT: this user is not allowed to listen on ${port}. Set PORT to 1024 or more.`;
  return `HOST: ${message}. Set HOST to an address of this machine, such as 127.0.0.1.`;
}

/** What to do about each error of a file or folder. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Give the user that runs the gateway the right to write there, or set DATA_DIR to another folder.',
  EPERM: 'Give the user that runs the gateway the right to write there, or set DATA_DIR to another folder.',
  EROFS: 'Set DATA_DIR to a folder that can be written.',
  ENOSPC: 'Make room on the disk.',
  EDQUOT: 'Make room on the disk.',
  ENOENT: 'Mount what a link there leads to, or set DATA_DIR to another folder.',
  ENOTDIR: 'Set DATA_DIR to a folder.',
  EEXIST: 'Set DATA_DIR to a folder.',
  EISDIR: 'Replace the folder by a file.',
  EMFILE: 'Raise the limit of open files (`ulimit -n`).',
};

function describeFile({ code, path, message }: SystemError): string | null {
  const remedy = REMEDIES[code];
  if (!remedy) return null;
  const [reason] = message.split(',');
  return `${path ?? 'A file'} cannot be used: ${reason}. ${remedy}`;
}

/** Describes in one line what the operator can correct. Any other error is our fault, and shows its stack. */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof EnvError || error instanceof ModelsFileError || error instanceof StoreError)
    return error.message;
  const stack = error.stack ?? error.message;
  if (!isSystemError(error)) return stack;
  const isListening = error.syscall === 'listen' || error.syscall === 'getaddrinfo';
  return isListening ? describeListening(error) : (describeFile(error) ?? stack);
}
