// The faults by which cameras say that the login is missing or wrong: in codes as the standard wants, or in words alone.
import { expect, it } from 'vitest';
import { isDenial } from '../../src/cameras/soap/envelope.ts';

it.each([
  [['Sender', 'NotAuthorized'], 'Sender not authorized', true],
  [['Sender', 'FailedAuthentication'], '', true],
  [['Sender'], 'Sender not Authorized', true],
  // soap-server, by which independent devices are built: no code, status 500.
  [['Sender'], 'WS-Security header required but not provided', true],
  [['Sender'], 'Authentication failed', true],
  [['Sender'], 'WS-Security timestamp expired', true],
  [['Sender'], 'Missing UsernameToken', true],
  [['Sender', 'InvalidArgVal'], 'No such subscription', false],
  [['Receiver', 'ActionNotSupported'], 'Security settings are not supported', false],
])('%j %s: %s', (codes, reason, denial) => expect(isDenial({ codes, reason, detail: undefined })).toBe(denial));
