/** Keys that the gateway made for itself. They never leave it. */
export interface SecretStore {
  /** The 32 random bytes of this name, made when they are asked for first. Every process of one database gets the same. */
  obtain(name: string): Promise<Buffer>;
}
