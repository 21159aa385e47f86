export function packFiles(file: string, files: Iterable<readonly [string, string | Uint8Array]>): void;
export function packClient(file: string, folders: { readonly here: string; readonly root: string }): void;
