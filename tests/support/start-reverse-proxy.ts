import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './listen-locally.ts';

/** The host name in the shipped configurations. */
export const proxyHost = 'llm.example.org';

/** A real nginx or Caddy in front of a gateway. */
export interface ReverseProxy {
  readonly port: number;
  /** The certificate with which it answers. */
  readonly ca: string;
  close(): Promise<void>;
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

function makeCertificate(folder: string): Certificate {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${proxyHost}`, '-addext', `subjectAltName=DNS:${proxyHost}`];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  });
  return { cert, key };
}

interface Started {
  readonly folder: string;
  readonly port: number;
  readonly certificate: Certificate;
}

/** The command that runs the program, and its arguments, after its files have been written. */
type Prepare = (started: Started) => readonly string[];

/** The shipped configuration with this test's addresses in place of its own. Throws when one of them is not in it. */
export function adapt(text: string, replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((adapted, [from, to]) => {
    if (!adapted.includes(from)) throw new Error(`The configuration has no "${from}".`);
    return adapted.replaceAll(from, to);
  }, text);
}

const programs = {
  nginx: (config: string, gateway: string): Prepare => {
    return ({ folder, port, certificate }) => {
      const site = adapt(config, [
        ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
        [`/etc/ssl/${proxyHost}.pem`, certificate.cert],
        [`/etc/ssl/${proxyHost}.key`, certificate.key],
        ['127.0.0.1:3000', gateway],
      ]);
      writeFileSync(join(folder, 'duplex.conf'), site);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${join(folder, name)};`,
      );
      writeFileSync(
        join(folder, 'nginx.conf'),
        `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn;
events { worker_connections 256; }
http { access_log off; ${temporary.join(' ')} include ${folder}/duplex.conf; }\n`,
      );
      return ['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
    };
  },
  caddy: (config: string, gateway: string): Prepare => {
    return ({ folder, port, certificate }) => {
      const site = adapt(config, [
        [`${proxyHost} {`, `https://${proxyHost}:${port} {\n  tls ${certificate.cert} ${certificate.key}`],
        ['127.0.0.1:3000', gateway],
      ]);
      const general = '{\n  admin off\n  auto_https off\n}\n';
      writeFileSync(join(folder, 'Caddyfile'), general + site);
      return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
    };
  },
} as const;

export type ProxyProgram = keyof typeof programs;

async function untilListening(port: number, hasEnded: () => boolean): Promise<void> {
  while (!hasEnded()) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}

/** Runs the program with a configuration that is for `127.0.0.1:3000` and `llm.example.org`. */
export async function startReverseProxy(
  program: ProxyProgram,
  config: string,
  gatewayUrl: string,
): Promise<ReverseProxy> {
  const folder = mkdtempSync(join(tmpdir(), `duplex-${program}-`));
  mkdirSync(join(folder, 'home'));
  const certificate = makeCertificate(folder);
  const port = await freePort();
  const prepare = programs[program](config, new URL(gatewayUrl).host);
  const [command = '', ...args] = prepare({ folder, port, certificate });
  const env = { PATH: process.env.PATH, HOME: join(folder, 'home') };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const ended = once(child, 'exit');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  await untilListening(port, hasEnded);
  if (hasEnded()) throw new Error(`${program} did not start:\n${output}`);
  return {
    port,
    ca: readFileSync(certificate.cert, 'utf8'),
    async close() {
      if (!hasEnded()) child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
