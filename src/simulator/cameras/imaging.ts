// The imaging service: brightness and the day/night filter, as far as a client needs them to see that something changed (ONVIF Imaging §5).
import type { Call, Operation } from './core.ts';
import { SoapFault } from './soap.ts';
import { textAt } from './xml.ts';

function known(call: Call): void {
  if (!call.camera.personality.imaging) throw new SoapFault('Receiver', ['ter:ActionNotSupported'], 'This camera has no imaging service');
  const token = textAt(call.request.body, 'VideoSourceToken');
  const { personality, channels } = call.camera;
  for (let channel = 1; channel <= channels; channel += 1) if (personality.tokens.source(channel) === token) return;
  throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoSource'], `No video source ${token}`);
}

const getSettings: Operation = (call) => {
  known(call);
  const { brightness } = call.camera.imaging;
  const settings = `<tt:Brightness>${brightness}</tt:Brightness><tt:Contrast>50</tt:Contrast><tt:IrCutFilter>AUTO</tt:IrCutFilter>`;
  return `<timg:GetImagingSettingsResponse><timg:ImagingSettings>${settings}</timg:ImagingSettings></timg:GetImagingSettingsResponse>`;
};

const setSettings: Operation = (call) => {
  known(call);
  const text = textAt(call.request.body, 'ImagingSettings', 'Brightness');
  const value = text === '' ? call.camera.imaging.brightness : Number(text);
  if (!(value >= 0 && value <= 100)) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:SettingsInvalid'], 'Brightness is 0 … 100');
  call.camera.imaging.brightness = value;
  return '<timg:SetImagingSettingsResponse/>';
};

const getOptions: Operation = (call) => {
  known(call);
  const range = '<tt:Min>0</tt:Min><tt:Max>100</tt:Max>';
  const options = `<tt:Brightness>${range}</tt:Brightness><tt:Contrast>${range}</tt:Contrast><tt:IrCutFilterModes>AUTO</tt:IrCutFilterModes>`;
  return `<timg:GetOptionsResponse><timg:ImagingOptions>${options}</timg:ImagingOptions></timg:GetOptionsResponse>`;
};

/** Operations of the imaging service. */
export const imagingOperations: Readonly<Record<string, Operation>> = {
  'timg:GetServiceCapabilities': () =>
    '<timg:GetServiceCapabilitiesResponse><timg:Capabilities ImageStabilization="false"/></timg:GetServiceCapabilitiesResponse>',
  'timg:GetImagingSettings': getSettings,
  'timg:SetImagingSettings': setSettings,
  'timg:GetOptions': getOptions,
};
