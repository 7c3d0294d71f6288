// The table of topics, a row for each topic and vendor's variant, as XML: kind, state and source of each, and nothing of it unknown.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isId } from '#model';
import { interpret } from '../../src/cameras/events/meaning.ts';
import { plainTopic, readNotifications } from '../../src/cameras/events/notification.ts';
import { kindOf } from '../../src/cameras/events/subject.ts';
import { findMeaning } from '../../src/cameras/events/topics.ts';
import { openXmlReader } from '../../src/cameras/xml/index.ts';
import { message } from './fake-camera.ts';
import { circumstances, read, said } from './said.ts';

type Items = Record<string, string>;
/** Topic, Source items, Data items → kind, state, channel. */
type Row = readonly [topic: string, source: Items, data: Items, kind: string, state: string, channel: string];

const video = { Source: 'src0' };
const second = { VideoSource: 'src1' };
const analytics = { VideoSourceConfigurationToken: 'src0', VideoAnalyticsConfigurationToken: 'ana1', Rule: 'rule 1' };
const axisSource = {};

const standard: readonly Row[] = [
  ['tns1:VideoSource/MotionAlarm', video, { State: 'true' }, 'motion', 'active', '1'],
  ['tns1:VideoSource/MotionAlarm', second, { State: 'false' }, 'motion', 'inactive', '2'],
  ['tns1:RuleEngine/CellMotionDetector/Motion', analytics, { IsMotion: 'true' }, 'motion', 'active', '1'],
  ['tns1:RuleEngine/CellMotionDetector/Motion', analytics, { IsMotion: '0' }, 'motion', 'inactive', '1'],
  ['tns1:RuleEngine/MotionRegionDetector/Motion', { VideoSource: 'src1', RuleName: 'region' }, { State: '1' }, 'motion', 'active', '2'],
  ['tns1:RuleEngine/LineDetector/Crossed', analytics, { ObjectId: '3' }, 'line-crossing', 'pulse', '1'],
  ['tns1:RuleEngine/FieldDetector/ObjectsInside', analytics, { IsInside: 'true' }, 'intrusion', 'active', '1'],
  ['tns1:RuleEngine/FieldDetector/ObjectsInside', analytics, { IsInside: 'false' }, 'intrusion', 'inactive', '1'],
  ['tns1:RuleEngine/LoiteringDetector/ObjectIsLoitering', analytics, { ObjectId: '3', Since: 'PT20S' }, 'loitering', 'pulse', '1'],
  ['tns1:RuleEngine/ObjectAbandoned', analytics, { ObjectId: '3' }, 'abandoned', 'pulse', '1'],
  ['tns1:RuleEngine/ObjectRemoved', analytics, { ObjectId: '3' }, 'removed', 'pulse', '1'],
  ['tns1:RuleEngine/AbandonedDetector/ObjectAbandoned', analytics, { ObjectId: '3' }, 'abandoned', 'pulse', '1'],
  ['tns1:RuleEngine/RemovedDetector/ObjectRemoved', analytics, { State: 'true' }, 'removed', 'active', '1'],
  ['tns1:RuleEngine/TamperDetector/Tamper', analytics, { IsTamper: 'true' }, 'tamper', 'active', '1'],
  ...['GlobalSceneChange', 'ImageTooBlurry', 'ImageTooDark', 'ImageTooBright'].flatMap((name) =>
    ['AnalyticsService', 'ImagingService', 'RecordingService'].map(
      (service): Row => [`tns1:VideoSource/${name}/${service}`, video, { State: 'true' }, 'scene-change', 'active', '1'],
    ),
  ),
  ['tns1:VideoSource/SignalLoss', video, { State: 'true' }, 'video-loss', 'active', '1'],
  ['tns1:AudioAnalytics/Audio/DetectedSound', { AudioSource: 'a0' }, { isSoundDetected: 'true' }, 'sound', 'active', 'source-a0'],
  ['tns1:RuleEngine/AudioDetector/Class', analytics, { Class: 'GunShot', Score: '0.8' }, 'sound', 'pulse', '1'],
  ['tns1:RuleEngine/AudioDetector/Class', analytics, { Class: 'GlassBreaking' }, 'sound', 'pulse', '1'],
  ['tns1:Device/Trigger/DigitalInput', { InputToken: '1' }, { LogicalState: 'true' }, 'digital-input', 'active', 'input-1'],
  ['tns1:Device/Trigger/Relay', { RelayToken: '1' }, { LogicalState: 'active' }, 'relay', 'active', 'relay-1'],
  ['tns1:Device/Trigger/Relay', { RelayToken: '1' }, { LogicalState: 'inactive' }, 'relay', 'inactive', 'relay-1'],
  ['tns1:Device/HardwareFailure/StorageFailure', { Token: 'sd' }, { Failed: 'true' }, 'storage-failure', 'active', 'storage-sd'],
  ['tns1:Device/HardwareFailure/FanFailure', { Token: '1' }, { Failed: 'true' }, 'camera-fault', 'active', 'fan-1'],
  ['tns1:Device/HardwareFailure/PowerSupplyFailure', { Token: '1' }, { Failed: 'false' }, 'camera-fault', 'inactive', 'power-1'],
  ['tns1:Device/HardwareFailure/TemperatureCritical', {}, { Critical: 'true' }, 'camera-fault', 'active', 'temperature'],
  ['tns1:VideoSource/RadiometryAlarm', video, { AlarmActive: 'true' }, 'heat', 'active', '1'],
  ['tns1:RuleEngine/Radiometry/TemperatureAlarm', analytics, { AlarmActive: 'true' }, 'heat', 'active', '1'],
  ['tns1:Device/SecurityPolicy/AuthFailed', {}, { IPAddress: '10.0.0.9', User: 'admin' }, 'camera-login-failures', 'pulse', '1'],
  ['tns1:Monitoring/OperatingTime/LastReboot', {}, { Status: '2026-11-20T03:59:00Z' }, 'reboot', 'pulse', '1'],
];

const vendors: readonly Row[] = [
  // Fire and smoke.
  ['tns1:RuleEngine/VendorFireAlarm', analytics, { IsFireAlarm: 'true' }, 'fire', 'active', '1'],
  ['tns1:RuleEngine/FireDetector/FireAlarm', analytics, { State: '1' }, 'fire', 'active', '1'],
  ['tns1:VideoAnalytics/x:SmokeDetection', video, { State: 'true' }, 'smoke', 'active', '1'],
  ['tnssamsung:IVA/Fire', video, { State: '1' }, 'fire', 'active', '1'],
  ['tnssamsung:IVA/Smoke', video, { State: '0' }, 'smoke', 'inactive', '1'],
  // Hanwha / Wisenet.
  ['tns1:VideoAnalytics/tnssamsung:MotionDetection', video, { State: '1' }, 'motion', 'active', '1'],
  ['tns1:VideoAnalytics/tnssamsung:MotionDetection', video, { Motion: '0' }, 'motion', 'inactive', '1'],
  ['tns1:VideoAnalytics/tnssamsung:Tampering', video, { State: '1' }, 'tamper', 'active', '1'],
  ['tns1:VideoAnalytics/tnssamsung:TamperingDetection', video, { State: '1' }, 'tamper', 'active', '1'],
  ['tns1:VideoSource/tnssamsung:FaceDetection', video, { State: '1' }, 'motion', 'active', '1'],
  ['tns1:VideoSource/tnssamsung:DefocusDetection', video, { State: '1' }, 'scene-change', 'active', '1'],
  ['tns1:VideoSource/tnssamsung:Fog', video, { State: '1' }, 'scene-change', 'active', '1'],
  ['tns1:AudioAnalytics/tnssamsung:SoundDetection', video, { State: '1' }, 'sound', 'active', '1'],
  ['tns1:AudioSource/tnssamsung:AudioDetection', { AudioSourceToken: 'a0' }, { Audio: '1', State: '1' }, 'sound', 'active', 'source-a0'],
  ['tns1:Device/tns1:Trigger/tns1:DigitalInput', { Index: '1' }, { Level: '1' }, 'digital-input', 'active', 'input-1'],
  ['tns1:Device/tns1:Trigger/tnssamsung:DigitalInput', { InputToken: '2' }, { LogicalState: '0' }, 'digital-input', 'inactive', 'input-2'],
  ['tns1:OpenApp/WiseAI/ObjectDetection', video, { State: '1', ClassTypes: 'Person' }, 'motion', 'active', '1'],
  ['tns1:OpenApp/WiseAI/ObjectDetection', video, { State: '1', ClassTypes: 'Fire Person' }, 'fire', 'active', '1'],
  ['tnssamsung:IVA/LoiteringDetection', video, { State: '1' }, 'loitering', 'active', '1'],
  // Hikvision.
  ['tns1:Device/Trigger/tnshik:AlarmIn', { AlarmInToken: '3' }, { State: 'on' }, 'digital-input', 'active', 'input-3'],
  // Axis.
  ['tnsaxis:CameraApplicationPlatform/VMD/Camera1Profile1', axisSource, { active: '1' }, 'motion', 'active', '1'],
  ['tnsaxis:CameraApplicationPlatform/FenceGuard/Camera1Profile1', axisSource, { active: '1' }, 'line-crossing', 'active', '1'],
  ['tnsaxis:CameraApplicationPlatform/LoiteringGuard/Camera1ProfileANY', axisSource, { active: '1' }, 'loitering', 'active', '1'],
  ['tnsaxis:CameraApplicationPlatform/MotionGuard/Camera1ProfileANY', axisSource, { active: '0' }, 'motion', 'inactive', '1'],
  ['tnsaxis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1', axisSource, { active: '1' }, 'intrusion', 'active', '1'],
  ['tns1:Device/tnsaxis:IO/Port', { port: '1' }, { state: '1' }, 'digital-input', 'active', 'input-1'],
  // Reolink.
  ...['PeopleDetect', 'VehicleDetect', 'FaceDetect', 'DogCatDetect', 'Visitor', 'Package'].map(
    (name): Row => [`tns1:RuleEngine/MyRuleDetector/${name}`, { Source: '000' }, { State: 'true' }, 'motion', 'active', 'source-000'],
  ),
  // TP-Link, Tapo.
  ['tns1:RuleEngine/CellMotionDetector/People', analytics, { IsPeople: 'true' }, 'motion', 'active', '1'],
  ['tns1:RuleEngine/CellMotionDetector/LineCross', analytics, { IsLineCross: 'true' }, 'line-crossing', 'active', '1'],
  ['tns1:RuleEngine/CellMotionDetector/Intrusion', analytics, { IsIntrusion: 'true' }, 'intrusion', 'active', '1'],
  ['tns1:RuleEngine/CellMotionDetector/Tamper', analytics, { IsTamper: 'true' }, 'tamper', 'active', '1'],
  ['tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent', analytics, { IsTPSmartEvent: 'true' }, 'motion', 'active', '1'],
  ['tns1:RuleEngine/PeopleDetector/People', analytics, { IsPeople: 'true' }, 'motion', 'active', '1'],
  // Bosch: the rule's name inside the topic.
  ['tns1:IVA/EnteringField/Detect any object in yard', video, { State: 'true' }, 'intrusion', 'active', '1'],
  ['tns1:IVA/ObjectInField/문앞', video, { State: 'true' }, 'intrusion', 'active', '1'],
  ['tns1:IVA/LeavingField/Leaving_field', video, { State: 'true' }, 'intrusion', 'active', '1'],
  ['tns1:IVA/CrossingLine/Line 1', video, { State: 'true' }, 'line-crossing', 'active', '1'],
  ['tns1:IVA/Loitering/L', video, { State: 'true' }, 'loitering', 'active', '1'],
  ['tns1:IVA/IdleObject/I', video, { State: 'true' }, 'abandoned', 'active', '1'],
  ['tns1:IVA/RemovedObject/R', video, { State: 'true' }, 'removed', 'active', '1'],
  // Avigilon: active and inactive, and a slash and a dot at the end.
  ['tns1:VideoSource/MotionAlarm/.', video, { State: 'active' }, 'motion', 'active', '1'],
  ['tns1:VideoSource/GlobalSceneChange/ImagingService/.', video, { State: 'inactive' }, 'scene-change', 'inactive', '1'],
  ['tns1:Device/Trigger/DigitalInput/.', { InputToken: 'in0' }, { LogicalState: 'active' }, 'digital-input', 'active', 'input-in0'],
  // Korean intelligent CCTV, by its words in either language.
  ['tnsx:IntelligentCCTV/배회', video, { State: 'true' }, 'loitering', 'active', '1'],
  ['tnsx:IntelligentCCTV/침입', video, { State: 'true' }, 'intrusion', 'active', '1'],
  ['tnsx:IntelligentCCTV/유기', video, { State: 'true' }, 'abandoned', 'active', '1'],
  ['tnsx:IntelligentCCTV/쓰러짐', video, { State: 'true' }, 'fall', 'active', '1'],
  ['tnsx:IntelligentCCTV/싸움', video, { State: 'true' }, 'fight', 'active', '1'],
  ['tnsx:IntelligentCCTV/방화', video, { State: 'true' }, 'arson', 'active', '1'],
  ['tnsx:IntelligentCCTV/실종자', video, { State: 'true' }, 'missing-person', 'active', '1'],
  ['tnsx:IntelligentCCTV/익수자', video, { State: 'true' }, 'drowning', 'active', '1'],
  ['tnsx:IntelligentCCTV/화재', video, { State: 'true' }, 'fire', 'active', '1'],
  ['tnsx:IntelligentCCTV/스토킹', video, { State: 'true' }, 'stalking', 'active', '1'],
  ['tnsx:RuleEngine/FallDetection', analytics, { IsFall: 'true' }, 'fall', 'active', '1'],
  ['tnsx:RuleEngine/FallDownDetector', analytics, { State: 'true' }, 'fall', 'active', '1'],
  ['tnsx:VideoAnalytics/Fighting', video, { State: 'true' }, 'fight', 'active', '1'],
  ['tnsx:VideoAnalytics/ViolenceDetection', video, { State: 'true' }, 'fight', 'active', '1'],
  ['tnsx:VideoAnalytics/Arson', video, { State: 'true' }, 'arson', 'active', '1'],
  ['tnsx:VideoAnalytics/Drowning', video, { State: 'true' }, 'drowning', 'active', '1'],
  ['tnsx:VideoAnalytics/CrowdDetection', video, { State: 'true' }, 'crowding', 'active', '1'],
  ['tnsx:VideoAnalytics/Missing_Person', video, { State: 'true' }, 'missing-person', 'active', '1'],
];

function parse(xml: string) {
  const reader = openXmlReader();
  reader.write(Buffer.from(`<R xmlns:wsnt="w" xmlns:tt="t">${xml}</R>`));
  const result = reader.end();
  if (!result.ok) throw new Error(result.problem);
  return readNotifications(result.root);
}

describe.each([
  ['the standard', standard],
  ['vendors', vendors],
] as const)('topics of %s', (_, rows) => {
  it.each(rows)('%s of %j saying %j is %s, %s, of %s', (topic, source, data, kind, state, channel) => {
    const [notification] = parse(message(topic, state === 'pulse' ? '' : 'Changed', source, data));
    if (!notification) throw new Error('nothing was read');
    const read = interpret(notification, circumstances);
    if (read.result !== 'sighting') throw new Error(read.result);
    const { sighting } = read;
    expect([kindOf(sighting.about), sighting.state, sighting.channel.replace(/-[0-9a-f]{8}$/, '')]).toEqual([kind, state, channel]);
    expect(isId(sighting.channel)).toBe(true);
  });

  it.each(rows)('%s is compared without prefixes, case and a dot at the end', (topic) => {
    const bare = plainTopic(topic);
    const dressed = bare.split('/').map((segment) => `x9:${segment}`);
    expect(plainTopic(`${dressed.join('/')}/.`)).toBe(bare);
    expect(findMeaning(bare.toUpperCase())?.about).toEqual(findMeaning(bare)?.about);
  });
});

describe('what a topic says', () => {
  it('takes several messages in one packet', () => {
    const [first, other] = [true, false].map((state) =>
      message('tns1:VideoSource/MotionAlarm', 'Changed', video, { State: String(state) }),
    );
    const inner = (xml = '') => /<tt:Message .*<\/tt:Message>/.exec(xml)?.[0] ?? '';
    const packed = (first ?? '').replace('</wsnt:Message>', `${inner(other)}</wsnt:Message>`);
    expect(parse(packed + message('tns1:Device/Trigger/Relay', 'Changed', {}, {}))).toMatchObject([
      { topic: 'VideoSource/MotionAlarm', data: [{ value: 'true' }] },
      { topic: 'VideoSource/MotionAlarm', data: [{ value: 'false' }] },
      { topic: 'Device/Trigger/Relay' },
    ]);
  });

  it('takes a property that names its object for one that is on until it is deleted', () => {
    const loitering = said('RuleEngine/LoiteringDetector/ObjectIsLoitering', { Since: 'x' }, { Rule: 'r', ObjectId: '7' });
    const states = (['initialized', 'changed', 'deleted'] as const).map(
      (operation) => read({ ...loitering, operation, keyed: true }).state,
    );
    expect(states).toEqual(['active', 'active', 'inactive']);
    expect(read({ ...loitering, operation: 'event', keyed: true }).state).toBe('pulse');
  });

  it('names the rule of a camera as the zone', () => {
    expect(read(said('IVA/EnteringField/문앞 마당', { State: '1' })).zone).toBe('문앞 마당');
    expect(read(said('IVA/EnteringField/문앞 마당', { State: '1' })).detail).toMatchObject({ Rule: '문앞 마당' });
    expect(read(said('RuleEngine/FieldDetector/ObjectsInside', { IsInside: '1' }, { Rule: 'gate' })).zone).toBe('gate');
    expect(read(said('VideoSource/MotionAlarm', { State: '1' })).zone).toBe('');
  });

  it.each(['Vendor/Strange', 'RuleEngine/Waterfall/Moved', 'Fireplace/On', 'RuleEngine/Removal', 'Device/Firefly'])(
    'leaves %s unknown',
    (topic) => expect(findMeaning(topic)).toBeUndefined(),
  );

  it('never throws and never gives a channel that is no id, whatever a camera writes', () => {
    const text = fc.oneof(fc.string({ maxLength: 80, unit: 'binary' }), fc.constantFrom(...standard.map(([topic]) => topic)));
    const values = fc.dictionary(fc.constantFrom('State', 'Source', 'Rule', 'Class', 'ObjectId', 'InputToken', '__proto__'), text, {
      maxKeys: 5,
    });
    const operation = fc.constantFrom('initialized' as const, 'changed' as const, 'deleted' as const, 'event' as const);
    fc.assert(
      fc.property(text, values, values, operation, text, fc.boolean(), (topic, source, data, how, utcTime, keyed) => {
        const result = interpret({ ...said(topic, data, source, how, utcTime), keyed }, circumstances);
        if (result.result !== 'sighting') return;
        expect(isId(result.sighting.channel)).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(result.sighting.detail))).toBeLessThanOrEqual(2048);
      }),
      { numRuns: 500 },
    );
  });
});
