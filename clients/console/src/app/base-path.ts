/** The path below which the gateway is reached: this module lies in `<base>/console/assets/`. `''`, or such as `/llm`. */
export const basePath = new URL(import.meta.url).pathname.replace(/\/console\/assets\/[^/]*$/, '');

/** The gateway's own address, for samples and for the client. */
export const gatewayUrl = `${globalThis.location?.origin ?? ''}${basePath}`;
