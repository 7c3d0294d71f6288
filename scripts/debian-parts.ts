// Makes sure of the Debian parts that the tests use as counterparts: installs them as root, else says what to run.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const parts = [
  // The hub's brokers and their clients.
  'mosquitto',
  'mosquitto-clients',
  'rabbitmq-server',
  // A camera's RTSP server, fed by ffmpeg, and the hub's readers.
  'ffmpeg',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-tools',
  'python3-gi',
  'vlc-bin',
  'vlc-plugin-base',
  // Independent ONVIF clients, one of them from PyPI, and a wire of its own to find cameras on.
  'iproute2',
  'onvif-tools',
  'python3-venv',
  // Serial lines and Modbus counterparts.
  'mbpoll',
  'python3-pymodbus',
  'python3-serial',
  'ser2net',
  'socat',
  // Senders of webhooks, keys and certificates, the order of system calls, the unit's checks.
  'curl',
  'openssl',
  'strace',
  'systemd',
];

const missing = findMissing();
if (missing.length > 0) process.exitCode = process.getuid?.() === 0 ? install(missing) : name(missing);

function findMissing(): readonly string[] {
  const query = spawnSync('dpkg-query', ['-W', `-f=\${Package} \${db:Status-Status}\\n`, ...parts], { encoding: 'utf8' });
  const installed = new Set((query.stdout ?? '').split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])));
  return parts.filter((part) => !installed.has(part));
}

function name(missing: readonly string[]): number {
  console.error(`The tests need Debian parts that are not installed here. Run:\n  sudo apt-get install ${missing.join(' ')}`);
  return 1;
}

function install(missing: readonly string[]): number {
  console.error(`installing Debian parts for the tests: ${missing.join(' ')}`);
  // A broker of the machine's own would take the port that it takes; while this file says 101, no package starts a service.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', '--no-install-recommends', ...missing]);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
  const left = findMissing();
  return left.length > 0 ? name(left) : 0;
}

function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}
