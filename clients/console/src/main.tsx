import { CSPProvider } from '@base-ui/react/csp-provider';
import { isGatewayError } from '@duplex/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { basePath } from './app/base-path.ts';
import { Routes } from './app/routes.tsx';
import { SessionProvider } from './app/session.tsx';
import './app/start-code.ts';
import { applyTheme, readTheme } from './app/theme.ts';
import './style/main.css';
import { loadText, TextProvider } from './text/text.tsx';

/** Asking again changes nothing: the gateway has refused the request itself. */
const isRefused = (error: unknown): boolean =>
  isGatewayError(error) && error.status >= 400 && error.status < 500 && error.retryAfter === null;

const queries = new QueryClient({
  defaultOptions: {
    // The gateway may be on this machine: a browser that is offline can reach it all the same.
    queries: { retry: (count, error) => count < 1 && !isRefused(error), staleTime: 5_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

applyTheme(readTheme());
const text = await loadText();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <TextProvider first={text}>
            <SessionProvider>
              <Router base={basePath}>
                <Routes />
              </Router>
            </SessionProvider>
          </TextProvider>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}
