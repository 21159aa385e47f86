import type { Env } from '../../env.ts';
import type { EndedRun } from '../../features/runs/runs.ts';
import type { Store } from '../../store/interface/store.ts';
import { AlertingObserver } from './alerting-observer.ts';
import { Alerts } from './alerts.ts';
import { watchDisk } from './watch-disk.ts';
import { MoneyWatch } from './watch-money.ts';

/** The parts of the gateway that the alerts listen to. */
export interface OpenedAlerts {
  readonly observer: AlertingObserver;
  circuitOpened(backend: string): void;
  runEnded(run: EndedRun): void;
  /** Tries once more to deliver what waits. */
  close(): Promise<void>;
}

export interface AlertDeps {
  readonly settings: NonNullable<Env['alerts']>;
  readonly dataDir: string;
  readonly store: Pick<Store, 'wallets' | 'keys' | 'userBudgets' | 'sentAlerts'>;
  readonly onError: (error: unknown) => void;
}

/** Begins to watch what alerts are about. */
export function openAlerts({ settings, dataDir, store, onError }: AlertDeps): OpenedAlerts {
  const alerts = new Alerts(settings, { sent: store.sentAlerts, onError });
  const money = new MoneyWatch(alerts, store, { lowBalance: settings.lowBalance, onError });
  const endDisk = watchDisk(alerts, { folder: dataDir, lowMb: settings.lowDiskMb, onError });
  return {
    observer: new AlertingObserver(alerts, money),
    circuitOpened(backend) {
      const text = `The backend ${backend} fails: it gets no requests until one that tries it again succeeds.`;
      alerts.raise({ type: 'circuit.open', subject: backend, text, data: { backend } });
    },
    runEnded({ id, conversationId, status }) {
      const text = `The run ${id} has ended: ${status}.`;
      const data = { run_id: id, conversation_id: conversationId, status };
      alerts.raise({ type: 'run.completed', subject: null, text, data });
    },
    async close() {
      await endDisk();
      money.close();
      await alerts.close();
    },
  };
}
