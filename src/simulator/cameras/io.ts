// Relay outputs and digital inputs, by the device service and by the DeviceIO service alike (ONVIF Core §8.6, DeviceIO §5).
import type { Call, CameraCore, Operation } from './core.ts';
import { SoapFault } from './soap.ts';
import { textAt } from './xml.ts';

const tokenOf = (index: number): string => `relay-${index + 1}`;

function relayOf(call: Call): number {
  const token = textAt(call.request.body, 'RelayOutputToken');
  const index = call.camera.relays.findIndex((_, at) => tokenOf(at) === token);
  if (index < 0) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:RelayToken'], `No relay ${token}`);
  return index;
}

function relays(camera: CameraCore, prefix: string): string {
  const properties = '<tt:Mode>Bistable</tt:Mode><tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState>';
  const list = camera.relays.map(
    (_, at) => `<${prefix}:RelayOutputs token="${tokenOf(at)}"><tt:Properties>${properties}</tt:Properties></${prefix}:RelayOutputs>`,
  );
  return `<${prefix}:GetRelayOutputsResponse>${list.join('')}</${prefix}:GetRelayOutputsResponse>`;
}

function setRelay(prefix: string): Operation {
  return (call) => {
    const index = relayOf(call);
    const state = textAt(call.request.body, 'LogicalState');
    if (state !== 'active' && state !== 'inactive')
      throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'LogicalState is active or inactive');
    const { camera } = call;
    camera.relays[index] = state === 'active';
    camera.pullPoints.report({ topic: 'relay', active: state === 'active', channel: index + 1 });
    return `<${prefix}:SetRelayOutputStateResponse/>`;
  };
}

function getInputs({ camera }: Call): string {
  const list = Array.from({ length: camera.personality.inputs }, (_, at) => `<tmd:DigitalInputs token="input-${at + 1}"/>`);
  return `<tmd:GetDigitalInputsResponse>${list.join('')}</tmd:GetDigitalInputsResponse>`;
}

/** Operations on relays and inputs. */
export const ioOperations: Readonly<Record<string, Operation>> = {
  'tds:GetRelayOutputs': ({ camera }) => relays(camera, 'tds'),
  'tds:SetRelayOutputState': setRelay('tds'),
  'tds:SetRelayOutputSettings': (call) => {
    relayOf(call);
    return '<tds:SetRelayOutputSettingsResponse/>';
  },
  'tmd:GetServiceCapabilities': ({ camera }) =>
    `<tmd:GetServiceCapabilitiesResponse><tmd:Capabilities VideoSources="${camera.channels}" RelayOutputs="${camera.relays.length}" DigitalInputs="${camera.personality.inputs}"/></tmd:GetServiceCapabilitiesResponse>`,
  'tmd:GetRelayOutputs': ({ camera }) => relays(camera, 'tmd'),
  'tmd:SetRelayOutputState': setRelay('tmd'),
  'tmd:GetDigitalInputs': getInputs,
};
