/**
 * TCP on this machine: ports, and a telnet client.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { until } from './processes.ts';

/** Where {@link free_port} looks: below what Linux gives to those who connect (32768), who would take it meanwhile. */
const [LOWEST, PORTS] = [10_000, 22_000];

/** The ports that this process has been given. */
const given = new Set<number>();

/**
 * Finds a port for a server to come. It is a random one, so that test files that run at the same time do not find the same.
 *
 * @returns a TCP port that is free now, and that was not returned before
 */
export function free_port(): Promise<number> {
  const port = LOWEST + randomInt(PORTS);
  return new Promise((resolve) => {
    const another = (): void => { resolve(free_port()); };
    if (given.has(port)) {
      another();
      return;
    }
    given.add(port);
    const server = createServer().once('error', another).listen(port, '127.0.0.1', () => {
      server.close(() => { resolve(port); });
    });
  });
}

/** @returns the TCP port on which a server listens; 0 where it does not */
export function port_of(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A telnet client in a few lines. */
export class Client {
  /** All that came so far. */
  text = '';
  /** Whether the server has closed the connection, cleanly or not. */
  closed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (data) => { this.text += String(data); });
    socket.on('end', () => { this.closed = true; });
    socket.on('error', () => { this.closed = true; });
  }

  /**
   * Connects.
   *
   * @param port to which port of this machine
   * @param from the address to come from, one of this machine's own; left out, the kernel's choice
   */
  static open(port: number, from?: string): Promise<Client> {
    const host = from?.includes(':') ? from : '127.0.0.1';
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, ...from === undefined ? {} : { localAddress: from } }).once('error', reject);
      socket.once('connect', () => { resolve(new Client(socket)); });
    });
  }

  /** Connects and waits for the greeting and the prompt after it. */
  static async greeted(port: number, from?: string): Promise<Client> {
    const client = await Client.open(port, from);
    await client.prompted(1);
    return client;
  }

  /** Waits for the first prompt, or for the end. @returns whether the client was greeted */
  async greeted_or_closed(): Promise<boolean> {
    const greeted = (): boolean => this.text.includes('you:\t');
    await until('a greeting or the end', () => this.closed || greeted());
    return greeted();
  }

  /** Waits until the server has prompted that many times in all. */
  prompted(times: number): Promise<unknown> {
    return until(`prompt ${times} after ${JSON.stringify(this.text)}`, () => {
      const enough = this.text.split('\nyou:\t').length > times;
      if (this.closed && !enough) throw new Error(`the server hung up after ${JSON.stringify(this.text)}`);
      return enough;
    });
  }

  /** Sends a line and waits for the answer to it. */
  async say(line: string, end = '\n'): Promise<string> {
    const before = this.text.length;
    const prompts = this.text.split('\nyou:\t').length;
    this.send(line + end);
    await this.prompted(prompts);
    return this.text.slice(before);
  }

  /** Sends bytes. */
  send(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'));
  }

  /** Says good bye and waits for the end. @returns all that was heard */
  async bye(): Promise<string> {
    this.send('bye\n');
    await this.end();
    return this.text;
  }

  /** Waits until the server has closed. */
  end(): Promise<unknown> {
    return until('the end of the connection', () => this.closed);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }
}
