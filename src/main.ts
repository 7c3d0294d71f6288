// The command line's entry: reads the process once, and loads what the verb needs, when it needs it.

import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { BongsuError, messageOf, openLog, systemEnv, systemRandom } from '#base';
import { environment, flawsOf, loadConfig, type Problem, storeKey } from '#config';
import { type CheckProblem, type CliLoaders, runCli } from '#control';
import pkg from '../package.json' with { type: 'json' };

const surroundings = environment();
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

const check: CliLoaders['check'] = async (path) => {
  const loaded = await loadConfig(path, { environment: surroundings });
  if ('problems' in loaded) return { problems: tellable(path, loaded.problems) };
  const { site, gateway, sensors, uplink } = loaded.config;
  const warnings = tellable(path, loaded.warnings);
  const units = sensors.buses.flatMap((bus) => bus.units);
  const { connections, broker } = sensors.mqtt;
  const owners = [...connections, ...(broker?.users ?? []), ...(sensors.webhook ? [sensors.webhook] : [])];
  const senders = owners.flatMap(({ sources }) => sources.flatMap((source) => [source, ...source.devices]));
  return {
    warnings,
    found: {
      site: site.code,
      siteName: site.name,
      gateway: gateway.id,
      sensors: units.length + senders.length + sensors.lines.length,
      hub: uplink.url ?? uplink.routes[0]?.url ?? '',
    },
  };
};

function tellable(file: string, problems: readonly Problem[]): readonly CheckProblem[] {
  return problems.map(({ line, key, text, file: elsewhere }) => ({
    file: elsewhere ?? file,
    line,
    key: key === '' ? undefined : key,
    message: text,
  }));
}

const run: CliLoaders['run'] = async (path, { language, signal }) => {
  const loaded = await loadConfig(path, { environment: surroundings });
  if ('problems' in loaded) return { problems: tellable(path, loaded.problems) };
  const { config } = loaded;
  const env = systemEnv(openLog(config.log.level));
  try {
    const deps = {
      version: pkg.version,
      storeKey: await storeKey(config.store.keyFile, { environment: surroundings, random: systemRandom }),
      systemd: surroundings,
      nodePath: process.execPath,
    };
    // What is old is collected when it has grown by half rather than fourfold, in all threads (docs/decisions/memory.md).
    setFlagsFromString('--heap-growing-percent=50');
    const { runGateway } = await import('#gateway');
    // Node.js would keep what it has compiled at a clean end alone, and a site loses its power instead.
    flushCompileCache();
    await runGateway(config, deps, env, signal);
    return { status: 0 };
  } catch (error) {
    const told =
      error instanceof BongsuError
        ? { code: error.code, hint: error.hint[language] }
        : { stack: error instanceof Error ? error.stack : undefined };
    env.log.error(told, error instanceof BongsuError ? error.text[language] : messageOf(error));
    return { status: 1 };
  }
};

const restore: CliLoaders['restore'] = async (path, from, by) => {
  const loaded = await loadConfig(path, { environment: surroundings });
  if ('problems' in loaded) return { problems: tellable(path, loaded.problems) };
  const { path: store } = loaded.config.store;
  const { restoreStore } = await import('#store');
  const { setAside } = restoreStore(store, from, systemEnv(openLog('warn')).clock.now(), by);
  return { restored: { path: store, setAside } };
};

const loaders: CliLoaders = {
  run,
  check,
  restore,
  async record(ask, signal) {
    const { recordLine } = await import('#sensors');
    return recordLine(ask, systemEnv(openLog('warn')), signal);
  },
  async templates(path, name) {
    const { describeTemplates } = await import('#sensors');
    const loaded = await loadConfig(path, { environment: surroundings });
    if ('config' in loaded) return { templates: await describeTemplates(loaded.config.sensors.templates, name, flawsOf), problems: [] };
    return { templates: await describeTemplates({}, name, flawsOf), problems: tellable(path, loaded.problems) };
  },
  async grammars(path, name) {
    const { describeGrammars } = await import('#sensors');
    const loaded = await loadConfig(path, { environment: surroundings });
    if ('config' in loaded) return { grammars: await describeGrammars(loaded.config.sensors.grammars, name, flawsOf), problems: [] };
    return { grammars: await describeGrammars({}, name, flawsOf), problems: tellable(path, loaded.problems) };
  },
  async rehearse(ask) {
    const { rehearse } = await import('#sensors');
    return rehearse(ask, flawsOf);
  },
  async simulate(options, signal) {
    const { runSimulator } = await import('#simulator');
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    return runSimulator(options, { print, signal }, systemEnv(openLog('warn')));
  },
};

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: surroundings.locale,
    user: surroundings.user,
    configPath: surroundings.configPath,
    version: pkg.version,
    signal: stop.signal,
  },
  loaders,
);
