// The fields that several operations of the local socket take, each in one form, with what was expected said in both languages.
import { z } from 'zod';
import type { Text } from '#base';
import { idPattern } from '#model';

/** Text that matches; what was expected instead is said in both languages. */
export const matching = (pattern: RegExp, text: Text) =>
  z.string().refine((words) => pattern.test(words), { params: { text }, error: text.en });

export const id = matching(idPattern, { en: 'expected 1 to 40 of a–z, 0–9 and hyphen', ko: 'a–z, 0–9, 하이픈으로 1~40자여야 합니다' });

/** One line of text. */
export const line = (maxLength: number, minLength = 0) =>
  matching(/^\P{Cc}*$/u, { en: 'expected one line of text', ko: '한 줄의 글이어야 합니다' })
    .min(minLength)
    .max(maxLength);

/** Why a person does something; it stands on the audit. */
export const reason = line(300, 2);

/** A login as the registry takes it. */
export const login = z.strictObject({ user: line(64, 1), password: z.string().max(128) });

const addressForm: Text = {
  en: 'expected HOST[:PORT], https://… or rtsp://… without a name or password in it',
  ko: '호스트[:포트], https://… 또는 rtsp://… 형식이어야 하며 이름과 비밀번호를 넣지 않습니다',
};
const addressPattern = /^((rtsp|https?):\/\/[^\s@/?#]+([/?]\S*)?|([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?)$/;

/** `HOST`, `HOST:PORT`, `http(s)://HOST[:PORT][/PATH]` or `rtsp://HOST[:PORT][/PATH]`, without user information. */
export const address = z
  .string()
  .max(200)
  .refine((text) => addressPattern.test(text) && URL.canParse(text.includes('://') ? text : `http://${text}`), {
    params: { text: addressForm },
    error: addressForm.en,
  });
