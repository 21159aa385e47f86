#!/usr/bin/env node
/**
 * Starts Firefox with the given arguments and stands between it and Playwright. Playwright sends a command of WebDriver
 * BiDi that the long-term release of Firefox does not know, so that no page could be opened; the relay answers it. The
 * variable `FIREFOX_PATH` names the program.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

/** It chooses colours; pages then have those of the system. */
const UNKNOWN = new Set(['emulation.setMediaFeaturesOverride']);

const firefox = spawn(process.env.FIREFOX_PATH ?? 'firefox', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'pipe'],
});
firefox.on('exit', (code) => process.exit(code ?? 1));

/** Passes messages on in both directions, in their order. */
function relay(client, address) {
  const upstream = new WebSocket(address, { perMessageDeflate: false });
  const waiting = [];
  upstream.on('open', () => {
    for (const message of waiting.splice(0)) upstream.send(message);
  });
  client.on('message', (bytes) => {
    const message = bytes.toString();
    const { id, method } = JSON.parse(message);
    if (UNKNOWN.has(method)) client.send(JSON.stringify({ type: 'success', id, result: {} }));
    else if (upstream.readyState === WebSocket.OPEN) upstream.send(message);
    else waiting.push(message);
  });
  upstream.on('message', (bytes) => client.send(bytes.toString()));
  upstream.on('error', () => client.close());
  upstream.on('close', () => client.close());
  client.on('close', () => upstream.close());
}

createInterface({ input: firefox.stderr }).on('line', (line) => {
  const [, address] = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(line) ?? [];
  if (!address) return void console.error(line);
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (client, request) => relay(client, address + request.url));
  server.on('listening', () => console.error(`WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}`));
});
