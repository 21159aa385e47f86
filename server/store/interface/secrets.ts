/** Secrets that the gateway made for itself. They never leave it. */
export interface SecretStore {
  /**
   * The 32 random bytes of this name. They are made when they are first asked for; all processes of one database get
   * the same.
   */
  obtain(name: string): Promise<Buffer>;
}
