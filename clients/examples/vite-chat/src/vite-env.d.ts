interface ImportMetaEnv {
  readonly VITE_GATEWAY: string;
  readonly VITE_GATEWAY_KEY: string;
}
