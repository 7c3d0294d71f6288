// Calls of the control: what a camera must do, as the onvif package writes it; its presets and where it looks, as we read them.

import { type Preset, readPresets } from '../onvif/index.ts';
import { attribute, child, descend, escapeXml, textAt, type XmlElement } from '../xml/index.ts';
import type { Called, CallsTo } from './reach.ts';

/** Axes that are left out stay as they are. Of a place: −1 … 1 (zoom 0 … 1); of a velocity or a step: −1 … 1 (ONVIF PTZ §5.7, the generic spaces). */
export interface Axes {
  readonly pan?: number;
  readonly tilt?: number;
  readonly zoom?: number;
}

/** Where a head points and whether it moves, as far as the camera says so. */
export interface HeadLook {
  /** Undefined: it does not say. */
  readonly moving: boolean | undefined;
  readonly position: Axes | undefined;
}

/** The head of one channel. All of it rejects with the reason of the reach's signal alone. */
export interface HeadCalls {
  /** The camera ends it by itself after `timeoutMs`, rounded up to whole seconds: not every camera reads fractions (ONVIF PTZ §5.3.3). */
  drive(velocity: Axes, timeoutMs: number): Promise<Called<undefined>>;
  goTo(place: Axes): Promise<Called<undefined>>;
  step(by: Axes): Promise<Called<undefined>>;
  goToPreset(token: string): Promise<Called<undefined>>;
  goHome(): Promise<Called<undefined>>;
  stop(): Promise<Called<undefined>>;
  look(): Promise<Called<HeadLook>>;
  presets(): Promise<Called<readonly Preset[]>>;
}

/** `profile`: the token by which the channel's head is asked. */
export function openHeadCalls(calls: CallsTo, profile: string): HeadCalls {
  const profileToken = escapeXml(profile);
  const nothing = (): void => {};
  const tell = async (expect: string, write: Parameters<CallsTo['fetch']>[1]): Promise<Called<undefined>> => {
    const reply = await calls.fetch(expect, write);
    return reply.result === 'ok' ? { result: 'ok', value: undefined } : reply;
  };
  return {
    drive: (velocity, timeoutMs) =>
      tell('ContinuousMoveResponse', (cam) => {
        cam.continuousMove({ ...written(velocity), profileToken, timeout: Math.ceil(timeoutMs / 1000) * 1000 }, nothing);
      }),
    goTo: (place) => tell('AbsoluteMoveResponse', (cam) => cam.absoluteMove({ ...written(place), profileToken }, nothing)),
    step: (by) => tell('RelativeMoveResponse', (cam) => cam.relativeMove({ ...written(by), profileToken }, nothing)),
    goToPreset: (token) => tell('GotoPresetResponse', (cam) => cam.gotoPreset({ profileToken, preset: escapeXml(token) }, nothing)),
    goHome: () => tell('GotoHomePositionResponse', (cam) => cam.gotoHomePosition({ profileToken }, nothing)),
    stop: () => tell('StopResponse', (cam) => cam.stop({ profileToken, panTilt: true, zoom: true }, nothing)),
    async look() {
      const reply = await calls.fetch('GetStatusResponse', (cam) => cam.getStatus({ profileToken }, nothing));
      return reply.result === 'ok' ? { result: 'ok', value: readLook(reply.value) } : reply;
    },
    async presets() {
      const reply = await calls.fetch('GetPresetsResponse', (cam) => cam.getPresets({ profileToken }, nothing));
      return reply.result === 'ok' ? { result: 'ok', value: readPresets(reply.value) } : reply;
    },
  };
}

/** The package makes a zero of every axis that is missing; what is not meant must not be sent. */
function written({ pan, tilt, zoom }: Axes) {
  const hasHead = pan !== undefined || tilt !== undefined;
  return {
    x: pan ?? 0,
    y: tilt ?? 0,
    zoom: zoom ?? 0,
    onlySendPanTilt: zoom === undefined,
    onlySendZoom: !hasHead,
  };
}

/** The status in a GetStatusResponse (ONVIF PTZ §5.3.5). A part that moves, or that says neither, outweighs one that rests. */
export function readLook(body: XmlElement): HeadLook {
  const status = descend(body, 'GetStatusResponse', 'PTZStatus');
  const move = child(status, 'MoveStatus');
  const told = ['PanTilt', 'Zoom'].map((part) => textAt(move, part).toUpperCase()).filter((state) => state !== '');
  const moving = told.length === 0 || told.some((state) => state === 'UNKNOWN') ? undefined : told.some((state) => state !== 'IDLE');
  const position = child(status, 'Position');
  const head = child(position, 'PanTilt');
  const axes = { pan: axis(head, 'x'), tilt: axis(head, 'y'), zoom: axis(child(position, 'Zoom'), 'x') };
  const known = Object.entries(axes).filter(([, value]) => value !== undefined);
  return { moving: told.includes('MOVING') ? true : moving, position: known.length > 0 ? Object.fromEntries(known) : undefined };
}

function axis(element: XmlElement | undefined, name: string): number | undefined {
  const text = attribute(element, name) ?? '';
  const value = text === '' || text.length > 32 ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
