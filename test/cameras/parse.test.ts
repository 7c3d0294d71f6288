import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, reachService, reachStream } from '../../src/cameras/address.ts';
import { plainTopic, readNotifications } from '../../src/cameras/events/notification.ts';
import { formatPeriod, parseInstant, parsePeriod } from '../../src/cameras/events/time.ts';
import { clockOffset } from '../../src/cameras/soap/clock.ts';
import { actionOf, composeEnvelope } from '../../src/cameras/soap/envelope.ts';
import { openXmlReader, readXml, writeXml, type XmlElement } from '../../src/cameras/xml/index.ts';

describe('the XML reader', () => {
  it('never throws and always ends, whatever the bytes and their pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (pieces) => {
        const reader = openXmlReader();
        for (const piece of pieces) reader.write(piece);
        expect(typeof reader.end().ok).toBe('boolean');
      }),
    );
  });

  it('never throws on what looks like XML', () => {
    const scrap = fc.constantFrom(
      '<a>',
      '</a>',
      '<b c="d"',
      '>',
      '/>',
      '<![CDATA[',
      ']]>',
      '&amp;',
      '&x;',
      '<!DOCTYPE a>',
      '<?p?>',
      'xmlns:q="u"',
      ' ',
      'q:z',
      '"',
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => {
        expect(typeof readXml(scraps.join('')).ok).toBe('boolean');
      }),
    );
  });

  const name = fc.constantFrom('a', 'Bb', 'c-d');
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replace(/\p{C}/gu, '').trim());
  const element = (children: fc.Arbitrary<XmlElement[]>): fc.Arbitrary<XmlElement> =>
    fc.record({
      prefix: fc.constantFrom('', 'p'),
      name,
      uri: fc.constantFrom('urn:x', 'urn:y'),
      attributes: fc.array(fc.record({ prefix: fc.constant(''), name: fc.constant('k'), uri: fc.constant(''), value: text }), {
        maxLength: 1,
      }),
      children,
      text,
    });
  const leaf = element(fc.constant<XmlElement[]>([]));
  const tree = element(fc.array(element(fc.array(leaf, { maxLength: 3 })), { maxLength: 3 }));
  it('reads what the writer wrote, however it is cut', () => {
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 7 }), (written, size) => {
        const bytes = Buffer.from(`<?xml version="1.0"?>${writeXml(written, 1e6)}`);
        const reader = openXmlReader();
        for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
        expect(reader.end()).toEqual({ ok: true, root: written });
      }),
    );
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>', 'document type'],
    ['an entity of its own', '<a>&evil;</a>', 'entity'],
    ['too many levels', '<a>'.repeat(50), '40 levels'],
    ['too many elements', `<a>${'<b/>'.repeat(40_000)}</a>`, '30000 elements'],
    ['too many attributes', `<a ${Array.from({ length: 100 }, (_, i) => `a${i}="1"`).join(' ')}/>`, '64 attributes'],
    ['an early end', '<a><b>', 'too early'],
    ['nothing', '', 'empty'],
  ])('refuses %s', (_, document, problem) => {
    const result = readXml(document);
    expect(result.ok ? '' : result.problem).toContain(problem);
  });

  it('takes undeclared prefixes, stray bytes at the end, EUC-KR, CDATA', () => {
    expect(readXml('<q:a><q:b/></q:a>\u0000\u0000')).toMatchObject({ ok: true, root: { name: 'a', children: [{ name: 'b' }] } });
    const reader = openXmlReader();
    reader.write(
      Buffer.concat([
        Buffer.from('<?xml version="1.0" encoding="euc-kr"?><a>'),
        Buffer.from([0xc1, 0xa4, 0xb9, 0xae]),
        Buffer.from('</a>'),
      ]),
    );
    expect(reader.end()).toMatchObject({ ok: true, root: { text: '정문' } });
    expect(readXml('<a><![CDATA[<x>]]></a>')).toMatchObject({ ok: true, root: { text: '<x>' } });
  });
});

describe('times', () => {
  it.each([
    ['2026-11-20T04:00:00Z', Date.UTC(2026, 10, 20, 4)],
    ['2026-11-20T04:00:00.25Z', Date.UTC(2026, 10, 20, 4, 0, 0, 250)],
    ['2026-11-20T13:00:00+09:00', Date.UTC(2026, 10, 20, 4)],
    ['2026-11-20T04:00:00', Date.UTC(2026, 10, 20, 4)],
    ['2026-1-2T3:4:5Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['0000-00-00T00:00:00Z', undefined],
    ['2026-02-30T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['1969-12-31T23:59:59Z', undefined],
    ['2026-11-20', undefined],
    ['', undefined],
  ])('reads %s', (text, ms) => {
    expect(parseInstant(text)).toBe(ms);
  });

  it('reads every date that it is given as ISO 8601, and never throws', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.getTime());
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(['number', 'undefined']).toContain(typeof parseInstant(text));
      }),
    );
  });

  it.each([
    ['PT60S', 60_000],
    ['PT1M', 60_000],
    ['PT1H30M', 5_400_000],
    ['P1DT0.5S', 86_400_500],
    ['P1Y', 365 * 86_400_000],
    ['P', undefined],
    ['PT', undefined],
    ['P9999Y', undefined],
    ['60', undefined],
    ['-PT60S', undefined],
  ])('reads the duration %s', (text, ms) => {
    expect(parsePeriod(text)).toBe(ms);
  });

  it('reads the durations that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
        expect(parsePeriod(formatPeriod(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(['number', 'undefined']).toContain(typeof parsePeriod(text));
      }),
    );
  });

  it('finds the offset of a clock within its second and half the round trip', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 1.7e12, max: 1.8e12 }),
        (offset, tookMs, sentAt) => {
          const readAt = sentAt + tookMs / 2;
          const said = Math.floor((readAt + offset) / 1000) * 1000;
          expect(Math.abs(clockOffset(said, sentAt + tookMs, tookMs) - offset)).toBeLessThanOrEqual(501);
        },
      ),
    );
  });
});

describe('notifications', () => {
  it('come out of any tree, bounded', () => {
    const word = fc.constantFrom('NotificationMessage', 'Message', 'Topic', 'Source', 'Data', 'SimpleItem', 'x');
    const node = (children: fc.Arbitrary<XmlElement[]>): fc.Arbitrary<XmlElement> =>
      fc.record({
        prefix: fc.constant(''),
        name: word,
        uri: fc.constant(''),
        attributes: fc.array(
          fc.record({
            prefix: fc.constant(''),
            name: fc.constantFrom('Name', 'Value', 'UtcTime', 'PropertyOperation'),
            uri: fc.constant(''),
            value: fc.string(),
          }),
        ),
        children,
        text: fc.string(),
      });
    let root = node(fc.constant<XmlElement[]>([]));
    for (let level = 0; level < 4; level += 1) root = node(fc.array(root, { maxLength: 4 }));
    fc.assert(
      fc.property(root, (response) => {
        for (const one of readNotifications(response)) {
          expect(one.topic).not.toMatch(/:|^\/|\/$/);
          expect(['initialized', 'changed', 'deleted', 'event']).toContain(one.operation);
        }
      }),
    );
  });

  it('are several where a camera puts several under one topic', () => {
    const body = `<r><NotificationMessage><Topic>tns1:A/tnsx:B//.</Topic><Message>${'<Message UtcTime="t" PropertyOperation="Changed"><Source><SimpleItem Name="S" Value="1"/></Source><Key><SimpleItem Name="K" Value="2"/></Key></Message>'.repeat(2)}</Message></NotificationMessage></r>`;
    const read = readXml(body);
    const found = read.ok ? readNotifications(read.root) : [];
    expect(found.map(({ holder: _, ...rest }) => rest)).toEqual(
      Array.from({ length: 2 }, () => ({
        topic: 'A/B',
        operation: 'changed',
        utcTime: 't',
        source: [
          { name: 'S', value: '1' },
          { name: 'K', value: '2' },
        ],
        data: [],
        keyed: true,
      })),
    );
  });

  it.each([
    ['tns1:VideoSource/MotionAlarm', 'VideoSource/MotionAlarm'],
    ['tns1:Device/tns1:Trigger/tnssamsung:DigitalInput', 'Device/Trigger/DigitalInput'],
    ['tns1:VideoSource/MotionAlarm/.', 'VideoSource/MotionAlarm'],
    ['  tns1:VideoSource//.', 'VideoSource'],
    ['', ''],
  ])('have plain topics: %s', (text, plain) => {
    expect(plainTopic(text)).toBe(plain);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.5', 'http://10.0.0.5/onvif/device_service'],
    ['10.0.0.5:8080', 'http://10.0.0.5:8080/onvif/device_service'],
    ['[fd00::5]:80', 'http://[fd00::5]/onvif/device_service'],
    ['http://u:p@cam.local/other/path', 'http://cam.local/other/path'],
    ['rtsp://10.0.0.5/live', 'rtsp://10.0.0.5/live'],
    ['rtsps://u:p@10.0.0.5:8322/live', 'rtsps://10.0.0.5:8322/live'],
    ['https://10.0.0.5', 'https://10.0.0.5/onvif/device_service'],
    ['https://10.0.0.5:8443/x', 'https://10.0.0.5:8443/x'],
    ['not an address', undefined],
    ['', undefined],
  ])('understands %s', (text, href) => {
    expect(parseAddress(text)?.url.href).toBe(href);
  });

  it('never throws and never keeps a login in the address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseAddress(text)?.url.username ?? '').toBe('');
      }),
    );
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
        expect(parseAddress(text)?.url.password ?? '').toBe('');
      }),
    );
  });

  const base = new URL('http://10.1.1.5:81/onvif/device_service');
  it.each([
    ['http://10.1.1.5:1024/event-0', 'http://10.1.1.5:1024/event-0'],
    ['http://192.168.0.9/onvif/media?a=1', 'http://10.1.1.5:81/onvif/media?a=1'],
    ['http://evil.example:99/steal', 'http://10.1.1.5:81/steal'],
    ['/onvif/events', 'http://10.1.1.5:81/onvif/events'],
    ['https://10.1.1.5/onvif/media', 'https://10.1.1.5/onvif/media'],
    ['https://192.168.0.9/onvif/media', 'http://10.1.1.5:81/onvif/media'],
    ['ftp://10.1.1.5/x', undefined],
  ])('never leaves the host of the camera: %s', (said, href) => {
    expect(reachService(base, said)?.href).toBe(href);
  });

  it('never leave HTTPS', () => {
    const secure = new URL('https://10.1.1.5:8443/onvif/device_service');
    expect(reachService(secure, 'http://10.1.1.5/onvif/media')?.href).toBe('https://10.1.1.5:8443/onvif/media');
    expect(reachService(secure, 'https://10.1.1.5/onvif/events')?.href).toBe('https://10.1.1.5/onvif/events');
  });

  it('reaches streams at the host of the camera', () => {
    expect(reachStream(base, 'rtsp://u:p@0.0.0.0:8554/a?b=1')?.href).toBe('rtsp://10.1.1.5:8554/a?b=1');
    expect(reachStream(base, 'rtsps://u:p@0.0.0.0/a')?.href).toBe('rtsps://10.1.1.5/a');
    expect(reachStream(base, 'http://10.1.1.5/a')).toBeUndefined();
  });
});

it('the action of an envelope is found in ours and in those of the onvif package', () => {
  expect(actionOf(composeEnvelope('<Pull xmlns="http://x/y"/>'))).toBe('http://x/y/Pull');
  expect(
    actionOf(
      '<s:Envelope xmlns:s="z"><s:Header></s:Header><s:Body xmlns:xsi="q" xmlns:xsd="r"><Get xmlns="http://x"/></s:Body></s:Envelope>',
    ),
  ).toBe('http://x/Get');
});
