// A camera that hears: recording sound is forbidden in public places (개인정보 보호법 제25조⑤), so a microphone that is on is told.
import { type Text, withHint } from '#base';
import { type Condition, conditionKinds } from '#model';

const hearing: Text = withHint(
  {
    ko: '카메라의 마이크나 소리 감지가 켜져 있습니다(개인정보 보호법 제25조⑤: 녹음 금지)',
    en: "The camera's microphone or its detection of sounds is on (개인정보 보호법 제25조⑤ forbids to record sound)",
  },
  {
    ko: '카메라 웹 화면에서 오디오 입력과 소리 감지를 끈 뒤 `bongsu camera refresh`로 확인하십시오. 게이트웨이는 소리를 전달하지 않습니다.',
    en: 'Turn audio input and sound detection off in its web page, then `bongsu camera refresh`. The gateway passes no sound on in any case.',
  },
);
const deaf: Text = { ko: '카메라의 마이크와 소리 감지가 꺼졌습니다', en: "The camera's microphone and its detection of sounds are off" };

/** The condition of a camera that hears, or hears no more. */
export function soundCondition(device: string, hears: boolean, now: number): Condition {
  return {
    device,
    channel: '',
    kind: 'microphone-on',
    state: hears ? 'raised' : 'cleared',
    severity: conditionKinds['microphone-on'],
    time: now,
    message: hears ? hearing : deaf,
    detail: '',
  };
}
