// Metrics and traces of a process, each only where it is asked for.
import type { Log } from '../log.ts';
import type { Config } from '../settings/config.ts';
import { type Metrics, startMetrics } from './metrics.ts';
import { joined, type Observer } from './observer.ts';
import { startTraces } from './traces.ts';

export type Telemetry = {
  /** undefined where nobody looks: then nothing is measured. */
  observer: Observer | undefined;
  metrics: Metrics | undefined;
  /** Sends what is left. */
  stop: () => Promise<void>;
};

/** Starts what the settings ask for. `part` is what the process is: web, worker or all. */
export async function startTelemetry(config: Config, part: string, log: Log): Promise<Telemetry> {
  const metrics = config.metricsPort === undefined ? undefined : await startMetrics();
  const traces = config.traces ? await startTraces(config, `pgrant-${part}`, log) : undefined;
  const observers = [traces?.observer, metrics?.observer].filter((one) => one !== undefined);
  return {
    observer: joined(observers),
    metrics,
    stop: async () => await traces?.stop(),
  };
}
