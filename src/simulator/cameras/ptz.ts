// The PTZ service: a thin but true part of ONVIF PTZ §5.
import type { Call, Operation } from './core.ts';
import type { Ptz, PtzPosition } from './ptz-state.ts';
import { SoapFault } from './soap.ts';
import { escapeXml, find, textAt } from './xml.ts';
import { parsePeriod } from './xsd.ts';

const spaces = 'http://www.onvif.org/ver10/tptz';
const range = (axis: string, low = -1): string => `<tt:${axis}><tt:Min>${low}</tt:Min><tt:Max>1</tt:Max></tt:${axis}>`;
const space = (tag: string, uri: string, ranges: string): string => `<tt:${tag}><tt:URI>${spaces}/${uri}</tt:URI>${ranges}</tt:${tag}>`;
const both = range('XRange') + range('YRange');
const supportedSpaces = [
  space('AbsolutePanTiltPositionSpace', 'PanTiltSpaces/PositionGenericSpace', both),
  space('AbsoluteZoomPositionSpace', 'ZoomSpaces/PositionGenericSpace', range('XRange', 0)),
  space('RelativePanTiltTranslationSpace', 'PanTiltSpaces/TranslationGenericSpace', both),
  space('RelativeZoomTranslationSpace', 'ZoomSpaces/TranslationGenericSpace', range('XRange')),
  space('ContinuousPanTiltVelocitySpace', 'PanTiltSpaces/VelocityGenericSpace', both),
  space('ContinuousZoomVelocitySpace', 'ZoomSpaces/VelocityGenericSpace', range('XRange')),
].join('');

function headOf(call: Call): Ptz {
  if (!call.camera.ptz) throw new SoapFault('Receiver', ['ter:ActionNotSupported', 'ter:PTZNotSupported'], 'This camera does not move');
  return call.camera.ptz;
}

function node(tag: string): string {
  const supported = `<tt:SupportedPTZSpaces>${supportedSpaces}</tt:SupportedPTZSpaces>`;
  const counts = `<tt:MaximumNumberOfPresets>16</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported>`;
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

function number(text: string | undefined): number {
  const value = Number(text ?? 0);
  if (!(Math.abs(value) <= 1))
    throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:SpaceNotSupported'], 'A value lies between -1 and 1');
  return value;
}

/** Pan, tilt and zoom of an element; those that are not there are left out. */
function vectorOf(call: Call, name: string): Partial<PtzPosition> {
  const vector = find(call.request.body, name);
  const panTilt = find(vector, 'PanTilt')?.attributes;
  const zoom = find(vector, 'Zoom')?.attributes;
  return {
    ...(panTilt && { pan: number(panTilt.get('x')), tilt: number(panTilt.get('y')) }),
    ...(zoom && { zoom: number(zoom.get('x')) }),
  };
}

function answerWith(call: Call, write: (head: Ptz) => string): string {
  return write(headOf(call));
}

const absoluteMove: Operation = (call) => {
  headOf(call).goTo(vectorOf(call, 'Position'));
  return '<tptz:AbsoluteMoveResponse/>';
};

const relativeMove: Operation = (call) => {
  const head = headOf(call);
  const at = head.position();
  const { pan = 0, tilt = 0, zoom = 0 } = vectorOf(call, 'Translation');
  head.goTo({ pan: at.pan + pan, tilt: at.tilt + tilt, zoom: at.zoom + zoom });
  return '<tptz:RelativeMoveResponse/>';
};

const setPreset: Operation = (call) => {
  const [name, token] = ['PresetName', 'PresetToken'].map((item) => textAt(call.request.body, item) || undefined);
  const own = headOf(call).setPreset(name, token);
  if (own === undefined)
    throw new SoapFault('Sender', ['ter:InvalidArgVal', token ? 'ter:NoToken' : 'ter:TooManyPresets'], 'No such preset');
  return `<tptz:SetPresetResponse><tptz:PresetToken>${own}</tptz:PresetToken></tptz:SetPresetResponse>`;
};

const removePreset: Operation = (call) => {
  const token = textAt(call.request.body, 'PresetToken');
  if (!headOf(call).removePreset(token)) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoToken'], `No preset ${token}`);
  return '<tptz:RemovePresetResponse/>';
};

const continuousMove: Operation = (call) => {
  const next = { pan: 0, tilt: 0, zoom: 0, ...vectorOf(call, 'Velocity') };
  headOf(call).move(next, parsePeriod(textAt(call.request.body, 'Timeout')) ?? 10_000);
  return '<tptz:ContinuousMoveResponse/>';
};

const gotoPreset: Operation = (call) => {
  const preset = textAt(call.request.body, 'PresetToken');
  if (!headOf(call).go(preset)) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoToken'], `No preset ${preset}`);
  return '<tptz:GotoPresetResponse/>';
};

const getConfigurations: Operation = (call) => {
  headOf(call);
  const inside =
    '<tt:Name>PTZ</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz-node</tt:NodeToken><tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout>';
  return `<tptz:GetConfigurationsResponse><tptz:PTZConfiguration token="ptz">${inside}</tptz:PTZConfiguration></tptz:GetConfigurationsResponse>`;
};

/** Operations of the PTZ service. */
export const ptzOperations: Readonly<Record<string, Operation>> = {
  'tptz:GetServiceCapabilities': () =>
    '<tptz:GetServiceCapabilitiesResponse><tptz:Capabilities EFlip="false" MoveStatus="true" StatusPosition="true"/></tptz:GetServiceCapabilitiesResponse>',
  'tptz:GetNodes': (call) => answerWith(call, () => `<tptz:GetNodesResponse>${node('PTZNode')}</tptz:GetNodesResponse>`),
  'tptz:GetNode': (call) => answerWith(call, () => `<tptz:GetNodeResponse>${node('PTZNode')}</tptz:GetNodeResponse>`),
  'tptz:GetConfigurations': getConfigurations,
  'tptz:GetPresets': getPresets,
  'tptz:GetStatus': getStatus,
  'tptz:ContinuousMove': continuousMove,
  'tptz:Stop': (call) => {
    headOf(call).stop();
    return '<tptz:StopResponse/>';
  },
  'tptz:AbsoluteMove': absoluteMove,
  'tptz:RelativeMove': relativeMove,
  'tptz:GotoPreset': gotoPreset,
  'tptz:SetPreset': setPreset,
  'tptz:RemovePreset': removePreset,
  'tptz:GotoHomePosition': (call) => {
    headOf(call).goHome();
    return '<tptz:GotoHomePositionResponse/>';
  },
  'tptz:SetHomePosition': (call) => {
    headOf(call).setHome();
    return '<tptz:SetHomePositionResponse/>';
  },
};
