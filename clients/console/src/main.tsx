import { CSPProvider } from '@base-ui/react/csp-provider';
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

const queries = new QueryClient({
  defaultOptions: {
    // The gateway may be on this machine: a browser that is offline can reach it all the same.
    queries: { retry: 1, staleTime: 5_000, networkMode: 'always' },
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
