// The PTZ service: a thin but true part of ONVIF PTZ §5.
import type { Call, Operation } from './core.ts';
import type { Ptz } from './ptz-state.ts';
import { SoapFault } from './soap.ts';
import { escapeXml, find, textAt } from './xml.ts';
import { parsePeriod } from './xsd.ts';

const spaces = 'http://www.onvif.org/ver10/tptz';
const range = (axis: string): string => `<tt:${axis}><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:${axis}>`;
const panTiltSpace = `<tt:ContinuousPanTiltVelocitySpace><tt:URI>${spaces}/PanTiltSpaces/VelocityGenericSpace</tt:URI>${range('XRange')}${range('YRange')}</tt:ContinuousPanTiltVelocitySpace>`;
const zoomSpace = `<tt:ContinuousZoomVelocitySpace><tt:URI>${spaces}/ZoomSpaces/VelocityGenericSpace</tt:URI>${range('XRange')}</tt:ContinuousZoomVelocitySpace>`;

function headOf(call: Call): Ptz {
  if (!call.camera.ptz) throw new SoapFault('Receiver', ['ter:ActionNotSupported', 'ter:PTZNotSupported'], 'This camera does not move');
  return call.camera.ptz;
}

function node(tag: string, ptz: Ptz): string {
  const supported = `<tt:SupportedPTZSpaces>${panTiltSpace}${zoomSpace}</tt:SupportedPTZSpaces>`;
  const counts = `<tt:MaximumNumberOfPresets>${ptz.presets.size}</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported>`;
  return `<tptz:${tag} token="ptz-node"><tt:Name>Head</tt:Name>${supported}${counts}</tptz:${tag}>`;
}

function place(position: { pan: number; tilt: number; zoom: number }): string {
  return `<tt:PanTilt x="${position.pan.toFixed(4)}" y="${position.tilt.toFixed(4)}"/><tt:Zoom x="${position.zoom.toFixed(4)}"/>`;
}

const getPresets: Operation = (call) => {
  const presets = [...headOf(call).presets].map(
    ([token, { name, position }]) =>
      `<tptz:Preset token="${token}"><tt:Name>${escapeXml(name)}</tt:Name><tt:PTZPosition>${place(position)}</tt:PTZPosition></tptz:Preset>`,
  );
  return `<tptz:GetPresetsResponse>${presets.join('')}</tptz:GetPresetsResponse>`;
};

const getStatus: Operation = (call) => {
  const head = headOf(call);
  const state = head.moving ? 'MOVING' : 'IDLE';
  const moving = `<tt:MoveStatus><tt:PanTilt>${state}</tt:PanTilt><tt:Zoom>${state}</tt:Zoom></tt:MoveStatus>`;
  const time = `<tt:UtcTime>${new Date(call.camera.now()).toISOString()}</tt:UtcTime>`;
  return `<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>${place(head.position())}</tt:Position>${moving}${time}</tptz:PTZStatus></tptz:GetStatusResponse>`;
};

function speed(text: string | undefined): number {
  const value = Number(text ?? 0);
  if (!(Math.abs(value) <= 1))
    throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:SpaceNotSupported'], 'A velocity lies between -1 and 1');
  return value;
}

const continuousMove: Operation = (call) => {
  const velocity = find(call.request.body, 'Velocity');
  const panTilt = find(velocity, 'PanTilt')?.attributes;
  const zoom = find(velocity, 'Zoom')?.attributes;
  const next = { pan: speed(panTilt?.get('x')), tilt: speed(panTilt?.get('y')), zoom: speed(zoom?.get('x')) };
  headOf(call).move(next, parsePeriod(textAt(call.request.body, 'Timeout')) ?? 10_000);
  return '<tptz:ContinuousMoveResponse/>';
};

function goTo(tag: string, presetOf: (call: Call) => string): Operation {
  return (call) => {
    const preset = presetOf(call);
    if (!headOf(call).go(preset)) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoToken'], `No preset ${preset}`);
    return `<tptz:${tag}Response/>`;
  };
}

const getConfigurations: Operation = (call) => {
  headOf(call);
  const inside =
    '<tt:Name>PTZ</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz-node</tt:NodeToken><tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout>';
  return `<tptz:GetConfigurationsResponse><tptz:PTZConfiguration token="ptz">${inside}</tptz:PTZConfiguration></tptz:GetConfigurationsResponse>`;
};

/** Operations of the PTZ service. */
export const ptzOperations: Readonly<Record<string, Operation>> = {
  'tptz:GetNodes': (call) => `<tptz:GetNodesResponse>${node('PTZNode', headOf(call))}</tptz:GetNodesResponse>`,
  'tptz:GetNode': (call) => `<tptz:GetNodeResponse>${node('PTZNode', headOf(call))}</tptz:GetNodeResponse>`,
  'tptz:GetConfigurations': getConfigurations,
  'tptz:GetPresets': getPresets,
  'tptz:GetStatus': getStatus,
  'tptz:ContinuousMove': continuousMove,
  'tptz:Stop': (call) => {
    headOf(call).stop();
    return '<tptz:StopResponse/>';
  },
  'tptz:GotoPreset': goTo('GotoPreset', (call) => textAt(call.request.body, 'PresetToken')),
  'tptz:GotoHomePosition': goTo('GotoHomePosition', () => '1'),
};
