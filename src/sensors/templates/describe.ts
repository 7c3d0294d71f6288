// Templates as a technician reads them: what each point and each rule is, in Korean and English.
import { durationText, sameText, type Text } from '#base';
import type { AlarmKind, ConditionKind } from '#model';
import type { Wording } from '../checked-yaml.ts';
import { channelOf, type Point, type Rule, shippedTemplates, type Template } from '../options.ts';
import { templateOfFile } from './read.ts';
import { shippedTemplate } from './shipped.ts';

/** A template in words. */
export interface DescribedTemplate {
  readonly name: string;
  readonly origin: 'shipped' | 'site' | 'file';
  readonly title: Text | undefined;
  readonly maker: string;
  readonly model: string;
  readonly points: readonly { readonly name: string; readonly from: string; readonly unit: string }[];
  readonly rules: readonly { readonly channel: string; readonly raises: Raised; readonly when: Text }[];
  readonly silence: Text | undefined;
}

type Raised = { readonly alarm: AlarmKind } | { readonly condition: ConditionKind; readonly message: Text };

/** All templates, or the one that is called so or lies in this file. Rejects with `sensors.template-unknown` or `template-unusable`. */
export async function describeTemplates(
  own: Readonly<Record<string, Template>>,
  name: string | undefined,
  wording?: Wording,
): Promise<readonly DescribedTemplate[]> {
  const all = [
    ...shippedTemplates.flatMap((each) => describe(each, 'shipped', shippedTemplate(each))),
    ...Object.entries(own).flatMap(([each, template]) => describe(each, 'site', template)),
  ];
  if (name === undefined) return all;
  const known = all.filter((each) => each.name === name);
  if (known.length > 0) return known;
  return describe(name, 'file', await templateOfFile(name, wording));
}

function describe(name: string, origin: DescribedTemplate['origin'], template: Template | undefined): readonly DescribedTemplate[] {
  if (!template) return [];
  const { title, maker, model, points, rules, silence } = template;
  return [
    {
      name,
      origin,
      title,
      maker,
      model,
      points: points.map((point) => ({ name: point.name, from: fromOf(point), unit: point.unit })),
      rules: rules.map((rule) => ({ channel: channelOf(rule), raises: raisedBy(rule), when: whenOf(rule) })),
      silence: silence.after > 0 ? durationText(silence.after) : undefined,
    },
  ];
}

function raisedBy({ alarm, as, fault, point }: Rule): Raised {
  return alarm === undefined ? { condition: as, message: fault ?? sameText(point) } : { alarm };
}

const tables = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const;

function fromOf({ modbus, path, pathScale, pathOffset }: Point): string {
  const bit = modbus?.bit === undefined ? '' : `.${modbus.bit}`;
  const register = modbus && `${tables[modbus.function]} ${modbus.address} ${modbus.type}${bit}${factorText(modbus)}`;
  const told = path && `${path}${factorText({ scale: pathScale, offset: pathOffset })}`;
  return [register, told].filter((part) => part !== undefined).join(', ');
}

function factorText({ scale, offset }: { readonly scale: number; readonly offset: number }): string {
  const added = offset === 0 ? '' : ` ${offset < 0 ? '−' : '+'} ${Math.abs(offset)}`;
  return `${scale === 1 ? '' : ` × ${scale}`}${added}`;
}

function whenOf(rule: Rule): Text {
  const { when, raiseAfter, clearAfter, hold, quiet, during, latch } = rule;
  const parts: Text[] = [predicateOf(rule)];
  const say = (ko: string, en: string): void => void parts.push({ ko, en });
  const time = (ms: number): Text => durationText(ms);
  if (when.clearAt !== undefined) say(`해제 ${when.clearAt}`, `clears at ${when.clearAt}`);
  if (when.clearBetween) say(`해제 ${when.clearBetween.join(' … ')}`, `clears from ${when.clearBetween.join(' to ')} alone`);
  if (raiseAfter.count > 1) say(`${raiseAfter.count}회 연속`, `${raiseAfter.count} in a row`);
  if (raiseAfter.time > 0) say(`${time(raiseAfter.time).ko} 지속`, `for ${time(raiseAfter.time).en}`);
  if (clearAfter.count > 1) say(`해제 ${clearAfter.count}회 연속`, `clears after ${clearAfter.count} in a row`);
  if (clearAfter.time > 0) say(`해제 ${time(clearAfter.time).ko} 지속`, `clears after ${time(clearAfter.time).en}`);
  if (hold > 0) say(`최소 ${time(hold).ko} 유지`, `stands ${time(hold).en} at least`);
  if (quiet > 0) say(`종료 후 ${time(quiet).ko} 억제`, `quiet for ${time(quiet).en} after its end`);
  if (during) say('정해진 시간대', 'at its hours');
  if (latch) say('사람이 해제할 때까지', 'until a person resets it');
  return { ko: parts.map(({ ko }) => ko).join(', '), en: parts.map(({ en }) => en).join(', ') };
}

function predicateOf({ point, when }: Rule): Text {
  const { between, rises, falls, stuckFor, atLeast } = when;
  if (between) return sameText(`${point} ${between[0]} … ${between[1]}`);
  const move = rises ?? falls;
  if (move) {
    const { ko, en } = durationText(move.within);
    return {
      ko: `${point} ${ko} 안에 ${move.by} ${rises ? '상승' : '하강'}`,
      en: `${point} ${rises ? 'rises' : 'falls'} ${move.by} in ${en}`,
    };
  }
  if (stuckFor !== undefined) {
    const { ko, en } = durationText(stuckFor);
    return { ko: `${point} ${ko} 동안 변화 없음`, en: `${point} does not change for ${en}` };
  }
  if (atLeast) {
    const list = atLeast.of.map((part) => `${part.point} ${levelOf(part)}`).join('; ');
    return { ko: `${atLeast.of.length}개 중 ${atLeast.count}개 (${list})`, en: `${atLeast.count} of ${atLeast.of.length} (${list})` };
  }
  const level = `${point} ${levelOf(when)}`;
  return { ko: level, en: level };
}

function levelOf({ equals, above, below }: Pick<Rule['when'], 'equals' | 'above' | 'below'>): string {
  if (equals !== undefined) return `= ${Number(equals)}`;
  return above === undefined ? `< ${below}` : `> ${above}`;
}
