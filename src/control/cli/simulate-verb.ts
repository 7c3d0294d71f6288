// The verb that runs a virtual site: for training, and for trying a configuration without hardware.
import { type SimulateOptions, UsageFault, type Verb } from './context.ts';
import { readSecretFile } from './secret-file.ts';

/** Options of `simulate` as they are written. */
export interface SimulateFlags
  extends Partial<
    Pick<
      SimulateOptions,
      'cameras' | 'sensors' | 'hub' | 'script' | 'webhookUrl' | 'discoveryPort' | 'ownAddresses' | 'cameraPort' | 'remote'
    >
  > {
  /** Names with commas between them. */
  readonly personalities?: string;
  readonly sensorKinds?: string;
  readonly port?: number;
  readonly webhookTokenFile?: string;
  /** True: the folder of that name below the current one. */
  readonly printConfig?: string | true;
}

const defaultFolder = 'bongsu-simulated';

export const simulateVerb: Verb<SimulateFlags> = async (context, flags) => {
  const { loaders, io, json, language } = context;
  const { cameras = 3, sensors = 3, hub = false, script, port: basePort, webhookUrl, webhookTokenFile, discoveryPort, printConfig } = flags;
  const { personalities, sensorKinds, ownAddresses, cameraPort, remote } = flags;
  const names = (list: string | undefined): readonly string[] | undefined => list?.split(',').map((name) => name.trim());
  const webhookToken = webhookTokenFile === undefined ? undefined : await readSecretFile(webhookTokenFile);
  if (webhookToken !== undefined && !/^[\x21-\x7e]{16,256}$/.test(webhookToken)) throw new UsageFault(context.say('usage.webhookToken'));
  return loaders.simulate(
    {
      cameras,
      sensors,
      hub,
      script,
      json,
      language,
      basePort,
      webhookUrl,
      webhookToken,
      discoveryPort,
      personalities: names(personalities),
      sensorKinds: names(sensorKinds),
      ownAddresses,
      cameraPort,
      remote,
      printConfig: printConfig === true ? defaultFolder : printConfig,
    },
    io.signal,
  );
};
