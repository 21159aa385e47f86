/**
 * What becomes of a part of a request that chat completions cannot express. `skip` is for upstreams that get the whole
 * request in another way.
 */
export type Unsupported = 'refuse' | 'skip';
