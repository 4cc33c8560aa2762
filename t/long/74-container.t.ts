/**
 * deploy/: the image that the Containerfile builds, run as it says; and the pod of the Kubernetes manifest.
 *
 * A student learns what a container is to a daemon: a root folder, a pid namespace in which it is process 1, and fewer
 * rights. The traffic stays on the loopback of the container's own network.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import {
  children, Client, environment, folder, installed, is_root, is_running, type Outcome, port_of, root, run, status, type Test,
  until,
} from '../harness.ts';

const manifest = readFileSync(join(root, 'deploy', 'kubernetes.yaml'), 'utf8');
const containerfile = join(root, 'deploy', 'Containerfile');
const tools = ['podman', 'runc', 'catatonit', 'nsenter', 'ldd', 'npm'].filter((name) => !installed(name));
const missing = tools.length > 0 ? `not installed: ${tools.join(', ')}` : false;
const skip = is_root ? missing : 'only root can do this';

/** What is read of the manifest's Deployment. */
interface Deployment {
  spec: { template: { spec: { containers: [Container] } } };
}

/** What is read of its container. */
interface Container {
  readinessProbe: { tcpSocket: { port: number } };
  securityContext: { runAsUser: number; runAsGroup: number; capabilities: { drop: string[] } };
}

/** A value with the name of its type in each place. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

void t.test('kubernetes.yaml has the keys and the kinds of values that Kubernetes knows', (t) => {
  // As the reference of its API has them. A key that is new in the manifest is looked up there, and added here.
  const [string, number, boolean] = ['string', 'number', 'boolean'];
  const container = {
    name: string, image: string, ports: [{ containerPort: number }], env: [{ name: string, value: string }],
    readinessProbe: { tcpSocket: { port: number }, periodSeconds: number },
    resources: { requests: { cpu: string, memory: string }, limits: { memory: string } },
    securityContext: {
      runAsNonRoot: boolean, runAsUser: number, runAsGroup: number, allowPrivilegeEscalation: boolean,
      readOnlyRootFilesystem: boolean, capabilities: { drop: [string] },
    },
    volumeMounts: [{ name: string, mountPath: string }],
  };
  const pod = {
    automountServiceAccountToken: boolean, terminationGracePeriodSeconds: number, containers: [container],
    volumes: [{ name: string, emptyDir: { medium: string, sizeLimit: string } }],
  };
  const app = { app: string };
  const [deployment, service] = parseAllDocuments(manifest).map((document) => document.toJS() as object);
  t.same(shape(deployment), {
    apiVersion: string, kind: string, metadata: { name: string },
    spec: { replicas: number, selector: { matchLabels: app }, template: { metadata: { labels: app }, spec: pod } },
  }, 'the Deployment: no key is misspelt, no number is text');
  t.same(shape(service), {
    apiVersion: string, kind: string, metadata: { name: string },
    spec: { selector: app, sessionAffinity: string, ports: [{ port: number, targetPort: number }] },
  }, 'the Service likewise');
  t.end();
});

/** Podman, with images, containers and settings of the test's own. It rejects where the command fails. */
type Podman = (...args: string[]) => Promise<Outcome>;

/** @returns how to command it; what it has run and built is gone when the test ends */
function own_podman(t: Test): Podman {
  const dir = folder(t);
  const config = join(dir, 'containers.conf');
  // Limits that need no CAP_SYS_RESOURCE to set; and runc, since crun refuses a machine with both kinds of cgroups.
  writeFileSync(config, `
    [containers]
    default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
    [engine]
    runtime = "runc"
    cgroup_manager = "cgroupfs"
    events_logger = "file"
    lock_type = "file"
    tmp_dir = "${join(dir, 'tmp')}"
  `);
  const places = ['--root', join(dir, 'storage'), '--runroot', join(dir, 'run')];
  const podman: Podman = async (...args) => {
    const outcome = await run('podman', [...places, ...args], { env: environment({ CONTAINERS_CONF: config }) });
    if (outcome.status !== 0) throw new Error(`podman ${args.join(' ')}: ${outcome.stderr}`);
    return outcome;
  };
  t.teardown(async () => {
    await podman('pod', 'rm', '--all', '--force', '--time', '0');
    await podman('rm', '--all', '--force', '--time', '0');
    await run('umount', ['--quiet', join(dir, 'storage', 'overlay')]);
  });
  return podman;
}

/** What stands for the image that the Containerfile begins with, whose registry a test cannot count on: this Node and npm. */
async function base_image(t: Test, podman: Podman): Promise<void> {
  const dir = folder(t);
  const put = (from: string, to = from): void => { cpSync(from, join(dir, to), { recursive: true, dereference: true }); };
  const said = async (command: string, ...args: string[]): Promise<string> => (await run(command, args)).stdout.trim();
  const programs = ['/bin/sh', '/bin/mkdir', '/usr/bin/env'];
  const libraries = (await said('ldd', process.execPath, ...programs)).match(/\/\S+(?= \()/g) ?? [];
  for (const file of new Set([...programs, ...libraries, '/etc/passwd', '/etc/group'])) put(file);
  put(process.execPath, '/usr/local/bin/node');
  put(join(await said('npm', 'root', '--global'), 'npm'), '/usr/local/lib/node_modules/npm');
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(dir, 'usr/local/bin/npm'));
  // How npm reaches the registry from here.
  const cafile = await said('npm', 'config', 'get', 'cafile');
  if (cafile.startsWith('/')) put(cafile);
  const registry = await said('npm', 'config', 'get', 'registry');
  mkdirSync(join(dir, 'usr/local/etc'));
  writeFileSync(join(dir, 'usr/local/etc/npmrc'), `registry=${registry}\ncafile=${cafile}\n`.replace('cafile=null\n', ''));
  await run('mkdir', ['-m', '1777', join(dir, 'tmp')]);
  const [, name = ''] = /^FROM (\S+) AS build$/m.exec(readFileSync(containerfile, 'utf8')) ?? [];
  const tar = join(folder(t), 'base.tar');
  await run('tar', ['-C', dir, '-cf', tar, '.']);
  await podman('import', '--change', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', tar, name);
}

/** A running container's daemon. */
interface Contained {
  /** Its pid, seen from outside. */
  pid: number;
  /** A port here that leads to its port there. */
  port: number;
  log: () => Promise<string>;
  /** Waits until it has begun to serve that many times. */
  serving: (times: number) => Promise<unknown>;
}

/** Runs JavaScript with the loopback of a container. */
function inside(pid: number, script: string): ReturnType<typeof spawn> {
  return spawn('env', ['-i', 'nsenter', '--net', '--target', String(pid), process.execPath, '-e', script]);
}

/** Finds a container's daemon, makes a way to it, and waits until it serves. */
async function contained(t: Test, podman: Podman, name: string, target = 1200): Promise<Contained> {
  const pid = Number((await podman('inspect', '--format', '{{.State.Pid}}', name)).stdout);
  const log = async (): Promise<string> => (await podman('logs', name)).stderr;
  if (pid === 0) throw new Error(`${name} has ended: ${await log()}`);
  const pipe = `const s = require('net').connect(${target}, '127.0.0.1'); process.stdin.pipe(s).pipe(process.stdout)`;
  const door = createServer({ allowHalfOpen: true }, (client) => {
    const { stdin, stdout } = inside(pid, pipe);
    if (!stdin || !stdout) throw new Error('no pipes');
    client.on('error', () => undefined).pipe(stdin.on('error', () => undefined));
    stdout.pipe(client);
  });
  await new Promise<void>((resolve) => { door.listen(0, '127.0.0.1', resolve); });
  t.teardown(() => { door.close(); });
  const port = port_of(door);
  const serving = (times: number): Promise<unknown> => until(`the container to serve: ${times}`, async () =>
    (await log()).match(/Server accepting connections on port 1200\n/g)?.length === times || !is_running(pid));
  await serving(1);
  if (!is_running(pid)) throw new Error(`${name} has ended: ${await log()}`);
  return { pid, port, log, serving };
}

void t.test('the Containerfile', { skip }, async (t) => {
  const podman = own_podman(t);
  await base_image(t, podman);
  const cache = (await run('npm', ['config', 'get', 'cache'])).stdout.trim();
  const volume = ['--volume', `${cache}:/root/.npm`];
  // A RUN in a chroot of this machine's network: the registry is reached as it is here.
  const isolation = ['--isolation', 'chroot', '--network', 'host'];
  mkdirSync(cache, { recursive: true });
  await podman('build', ...isolation, ...volume, '--pull=never', '-f', containerfile, '-t', 'eliza-hup', root);

  const variants = [
    { name: 'root', args: ['--cap-add=setuid,setgid,sys_chroot'], words: 'as root with three capabilities' },
    { name: 'nobody', args: ['--user=nobody'], words: 'as nobody with none' },
  ];
  for (const { name, args, words } of variants) {
    await t.test(words, async (t) => {
      const bare = ['--network=none', '--read-only', '--cap-drop=all'];
      await podman('run', '--detach', ...bare, ...args, '--name', name, 'eliza-hup');
      const { pid, port, log, serving } = await contained(t, podman, name);
      t.match(status(pid, 'NSpid'), / 1$/, 'the daemon is process 1, and logs to STDERR');
      const client = await Client.greeted(port);
      const [child = 0] = children(pid);
      t.equal(status(child, 'Uid'), '65534 65534 65534 65534', 'a conversation is nobody');
      t.match(status(child, 'CapEff'), /^0+$/, 'without capabilities');
      t.match(await client.say('Where am I?'), /^Eliza:\t/, 'it answers');

      await podman('kill', '--signal', 'HUP', name);
      await client.end();
      await serving(2);
      t.ok(is_running(pid), 'HUP: the same process serves again');
      const last = await Client.greeted(port);

      await podman('stop', '--time', '30', name);
      await last.end();
      const { stdout } = await podman('inspect', '--format', '{{.State.ExitCode}}', name);
      t.equal(stdout.trim(), '0', 'TERM: it ends');
      t.match(await log(), /TERM signal received, terminating children\.\.\.\n.*Server exiting normally\n$/, 'and says so');
      t.notMatch(await log(), /Can't|EPERM|not permitted/, 'it missed no right');
    });
  }

  await t.test("the manifest's pod", async (t) => {
    const [deployment] = parseAllDocuments(manifest);
    const { spec } = deployment?.toJS() as Deployment;
    const [container] = spec.template.spec.containers;
    // Podman plays a pod of it, without ports, since there is nothing but a loopback to open one on.
    deployment?.setIn(['spec', 'replicas'], 1);
    deployment?.deleteIn(['spec', 'template', 'spec', 'containers', 0, 'ports']);
    const file = join(folder(t), 'pod.yaml');
    writeFileSync(file, String(deployment));
    const played = await podman('play', 'kube', '--network', 'none', file);
    const [, name = ''] = /^Container:\n(\w+)$/m.exec(played.stdout) ?? [];
    t.ok(name, 'it is played');
    const { runAsUser: uid, runAsGroup: gid } = container.securityContext;
    const { port: ready } = container.readinessProbe.tcpSocket;
    const { pid, port, log, serving } = await contained(t, podman, name, ready);

    t.same(container.securityContext.capabilities.drop, ['ALL'], 'the manifest drops every capability');
    t.match(status(pid, 'CapBnd'), /^0+$/, 'so it has none');
    t.equal(status(pid, 'NoNewPrivs'), '1', 'and can get none');
    t.equal(status(pid, 'Uid'), `${uid} ${uid} ${uid} ${uid}`, 'its user');
    t.equal(status(pid, 'Gid'), `${gid} ${gid} ${gid} ${gid}`, 'its group');
    const writing = podman('exec', name, 'node', '-e', "require('fs').writeFileSync('/eliza/eliza_hup.js', '')");
    await t.rejects(writing, /EROFS/, 'its root folder is read-only');

    const client = await Client.greeted(port);
    const before = (await log()).split('\n').length;
    const probe = `for (let i = 0; i < 10; i++) require('net').connect(${ready}, '127.0.0.1', function () { this.end(); })`;
    const probing = inside(pid, probe);
    await until('the probes to have come and gone', () => probing.exitCode !== null);
    t.equal(probing.exitCode, 0, 'the pod is ready when it accepts a connection');
    const gone = async (): Promise<boolean> => children(pid).length === 1 && (await log()).split('\n').length >= before + 20;
    await until('their children to end', gone);
    t.match(await client.say('Did you see anybody?'), /^Eliza:\t/, 'probes do not disturb a conversation');
    const noise = (await log()).split('\n').slice(before - 1, -1);
    t.same(noise.filter((line) => !/(Accepting a connection|Connection) from 127\.0\.0\.1( finished)?$/.test(line)), [],
      'nor does the log have more of them than that they came and went');

    const [, reload = ''] = /kubectl exec POD -- (.*)`;/.exec(manifest) ?? [];
    await podman('exec', name, 'sh', '-c', reload);
    await client.end();
    await serving(2);
    t.ok(is_running(pid), `${reload}: relaunched`);
    t.match(await (await Client.greeted(port)).bye(), /^Eliza:\t.+\nyou:\tEliza:\t.+\n$/, 'and it serves');
  });
});
