// The media services: profiles, stream and snapshot addresses (ONVIF Media §5, Media2 §5); Media1 shows H.264 alone, as real cameras do.
import { baseUrl, type Call, type Operation, type Profile, streamUrl, toldUrl } from './core.ts';
import { SoapFault } from './soap.ts';
import { textAt } from './xml.ts';

const bounds = (profile: Profile): string => `<tt:Bounds x="0" y="0" width="${profile.width}" height="${profile.height}"/>`;
const resolution = ({ width, height }: Profile): string =>
  `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`;
const hasSound = (profile: Profile): boolean => profile.clip?.tracks.some((track) => track.media === 'audio') ?? false;

function sourceConfiguration(tag: string, profile: Profile, { camera }: Call): string {
  const { tokens } = camera.personality;
  const [token, source] = [tokens.configuration(profile.channel), tokens.source(profile.channel)];
  const name = camera.channels === 1 ? 'VideoSource' : `Camera ${profile.channel}`;
  const inside = `<tt:Name>${name}</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>${source}</tt:SourceToken>`;
  return `<${tag} token="${token}">${inside}${bounds(profile)}</${tag}>`;
}

function ptzConfiguration(tag: string, call: Call): string {
  if (!call.camera.ptz) return '';
  return `<${tag} token="ptz"><tt:Name>PTZ</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz-node</tt:NodeToken><tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout></${tag}>`;
}

const multicast =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>';

function encoder1(profile: Profile): string {
  const rate = `<tt:RateControl><tt:FrameRateLimit>${profile.rate}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>256</tt:BitrateLimit></tt:RateControl>`;
  const head = `<tt:Name>${profile.name}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${profile.encoding}</tt:Encoding>`;
  const h264 = '<tt:H264><tt:GovLength>15</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>';
  const end = `${multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout>`;
  const codec = profile.encoding === 'H264' ? h264 : '';
  return `<tt:VideoEncoderConfiguration token="encoder-${profile.token}">${head}${resolution(profile)}<tt:Quality>4</tt:Quality>${rate}${codec}${end}</tt:VideoEncoderConfiguration>`;
}

function audioSource(tag: string, profile: Profile): string {
  if (!hasSound(profile)) return '';
  return `<${tag} token="audio-source"><tt:Name>Mic</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>mic-1</tt:SourceToken></${tag}>`;
}

function audioEncoder1(profile: Profile): string {
  if (!hasSound(profile)) return '';
  const coding = '<tt:Encoding>AAC</tt:Encoding><tt:Bitrate>32</tt:Bitrate><tt:SampleRate>16</tt:SampleRate>';
  return `<tt:AudioEncoderConfiguration token="audio-encoder"><tt:Name>AAC</tt:Name><tt:UseCount>2</tt:UseCount>${coding}${multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:AudioEncoderConfiguration>`;
}

/** In the order of the schema (ONVIF onvif.xsd, tt:Profile): clients that read by it lose what stands elsewhere. */
function profile1(tag: string, profile: Profile, call: Call): string {
  const parts = [
    sourceConfiguration('tt:VideoSourceConfiguration', profile, call),
    audioSource('tt:AudioSourceConfiguration', profile),
    encoder1(profile),
    audioEncoder1(profile),
    ptzConfiguration('tt:PTZConfiguration', call),
  ];
  return `<trt:${tag} token="${profile.token}" fixed="true"><tt:Name>${profile.name}</tt:Name>${parts.join('')}</trt:${tag}>`;
}

function profile2(profile: Profile, call: Call): string {
  const { encoding } = profile;
  const rate = `<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${profile.rate}</tt:FrameRateLimit><tt:BitrateLimit>256</tt:BitrateLimit></tt:RateControl>`;
  const inside = `<tt:Name>${profile.name}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding>${resolution(profile)}${rate}<tt:Quality>4</tt:Quality>`;
  const video = `<tr2:VideoEncoder token="encoder-${profile.token}" GovLength="15" Profile="Main">${inside}</tr2:VideoEncoder>`;
  const sound =
    '<tr2:AudioEncoder token="audio-encoder"><tt:Name>AAC</tt:Name><tt:UseCount>2</tt:UseCount><tt:Encoding>MP4A-LATM</tt:Encoding><tt:Bitrate>32</tt:Bitrate><tt:SampleRate>16</tt:SampleRate></tr2:AudioEncoder>';
  const parts = [
    sourceConfiguration('tr2:VideoSource', profile, call),
    audioSource('tr2:AudioSource', profile),
    video,
    hasSound(profile) ? sound : '',
    ptzConfiguration('tr2:PTZ', call),
  ];
  return `<tr2:Profiles token="${profile.token}" fixed="true"><tr2:Name>${profile.name}</tr2:Name><tr2:Configurations>${parts.join('')}</tr2:Configurations></tr2:Profiles>`;
}

const shownBy1 = (call: Call): readonly Profile[] => call.camera.profiles.filter((profile) => profile.encoding !== 'H265');

function profileOf(call: Call, shown: readonly Profile[]): Profile {
  const token = textAt(call.request.body, 'ProfileToken');
  const profile = shown.find((one) => one.token === token);
  if (!profile) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:NoProfile'], `No profile ${token}`);
  return profile;
}

/** The profile must be one that it has; then it counts as asked. */
function keyFrame(prefix: 'trt' | 'tr2', call: Call, shown: readonly Profile[]): string {
  profileOf(call, shown);
  call.camera.counts.keyFramesAsked += 1;
  return `<${prefix}:SetSynchronizationPointResponse/>`;
}

function mediaUri(call: Call, profile: Profile, form: 'stream' | 'snapshot'): string {
  const { camera } = call;
  const url = form === 'stream' ? streamUrl(camera, profile.path) : `${baseUrl(camera)}/snapshot/${profile.path}`;
  return toldUrl(camera, url);
}

function uri1(form: 'stream' | 'snapshot', tag: string): Operation {
  return (call) => {
    const uri = mediaUri(call, profileOf(call, shownBy1(call)), form);
    const life =
      '<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>';
    return `<trt:${tag}Response><trt:MediaUri><tt:Uri>${uri}</tt:Uri>${life}</trt:MediaUri></trt:${tag}Response>`;
  };
}

function uri2(form: 'stream' | 'snapshot', tag: string): Operation {
  return (call) =>
    `<tr2:${tag}Response><tr2:Uri>${mediaUri(call, profileOf(call, call.camera.profiles), form)}</tr2:Uri></tr2:${tag}Response>`;
}

const getProfiles1: Operation = (call) =>
  `<trt:GetProfilesResponse>${shownBy1(call)
    .map((profile) => profile1('Profiles', profile, call))
    .join('')}</trt:GetProfilesResponse>`;

const getVideoSources: Operation = ({ camera }) => {
  const list = Array.from({ length: camera.channels }, (_, at) => {
    const first = camera.profiles.find((profile) => profile.channel === at + 1);
    const token = camera.personality.tokens.source(at + 1);
    return `<trt:VideoSources token="${token}"><tt:Framerate>15</tt:Framerate>${first ? resolution(first) : ''}</trt:VideoSources>`;
  });
  return `<trt:GetVideoSourcesResponse>${list.join('')}</trt:GetVideoSourcesResponse>`;
};

const getAudioSources: Operation = ({ camera }) => {
  const source = camera.profiles.some(hasSound) ? '<trt:AudioSources token="mic-1"><tt:Channels>1</tt:Channels></trt:AudioSources>' : '';
  return `<trt:GetAudioSourcesResponse>${source}</trt:GetAudioSourcesResponse>`;
};

const getProfiles2: Operation = (call) => {
  const token = textAt(call.request.body, 'Token');
  const shown = token === '' ? call.camera.profiles : call.camera.profiles.filter((profile) => profile.token === token);
  return `<tr2:GetProfilesResponse>${shown.map((profile) => profile2(profile, call)).join('')}</tr2:GetProfilesResponse>`;
};

function capabilities(prefix: 'trt' | 'tr2', streaming: string): Operation {
  return ({ camera }) => {
    const count = `<${prefix}:ProfileCapabilities MaximumNumberOfProfiles="${camera.profiles.length}"/>`;
    const inside = `${count}<${prefix}:StreamingCapabilities ${streaming}RTP_RTSP_TCP="true"/>`;
    return `<${prefix}:GetServiceCapabilitiesResponse><${prefix}:Capabilities SnapshotUri="true">${inside}</${prefix}:Capabilities></${prefix}:GetServiceCapabilitiesResponse>`;
  };
}

/** Operations of Media1. */
export const mediaOperations: Readonly<Record<string, Operation>> = {
  'trt:GetServiceCapabilities': capabilities('trt', ''),
  'trt:GetProfiles': getProfiles1,
  'trt:GetProfile': (call) =>
    `<trt:GetProfileResponse>${profile1('Profile', profileOf(call, shownBy1(call)), call)}</trt:GetProfileResponse>`,
  'trt:GetVideoSources': getVideoSources,
  'trt:GetAudioSources': getAudioSources,
  'trt:GetStreamUri': uri1('stream', 'GetStreamUri'),
  'trt:GetSnapshotUri': uri1('snapshot', 'GetSnapshotUri'),
  'trt:SetSynchronizationPoint': (call) => keyFrame('trt', call, shownBy1(call)),
};

/** Operations of Media2. */
export const media2Operations: Readonly<Record<string, Operation>> = {
  'tr2:GetServiceCapabilities': capabilities('tr2', 'RTSPStreaming="true" '),
  'tr2:GetProfiles': getProfiles2,
  'tr2:GetStreamUri': uri2('stream', 'GetStreamUri'),
  'tr2:GetSnapshotUri': uri2('snapshot', 'GetSnapshotUri'),
  'tr2:SetSynchronizationPoint': (call) => keyFrame('tr2', call, call.camera.profiles),
};
