import { requirePeer } from './peers.js';
import { Program } from './program.js';

/** A line of JSON as Python read it. */
export interface JsonFlow {
  /** Names of the outer object, in order. */
  readonly keys: readonly string[];
  /** Elements and their values, in order: integers with all their digits, texts as they are, anything else is undefined. */
  readonly elements: readonly (readonly [name: string, value: bigint | string | undefined])[];
  /** What "@timestamp" says. */
  readonly timestamp: string;
}

/**
 * Listens on a port that the system chooses, and tells what its parser makes of each line (TCP) or datagram (UDP). Integers, which Python
 * reads exactly, are told as text; objects as lists of pairs, so that a name that comes twice is seen.
 */
const SCRIPT = `
import json, socket, sys

def told(value):
    if isinstance(value, list):
        return [[name, told(inner)] for name, inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return {"integer": str(value)}
    return value if isinstance(value, str) else {"other": repr(value)}

def tell(line):
    if not line.endswith(b"\\n") or line.count(b"\\n") != 1:
        raise ValueError("not one line: %r" % line)
    print(json.dumps(told(json.loads(line.decode("utf-8"), object_pairs_hook=list))), flush=True)

if sys.argv[1] == "udp":
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    print("listening on", receiver.getsockname()[1], flush=True)
    while True:
        tell(receiver.recv(65535))
listener = socket.create_server(("127.0.0.1", 0))
print("listening on", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    for line in connection.makefile("rb"):
        tell(line)
`;

/** A collector of JSON in Python. */
export class JsonCollector {
  /** What the key flowCollector.address says. */
  readonly address: string;
  readonly #program: Program;

  private constructor(program: Program, address: string) {
    this.#program = program;
    this.address = address;
  }

  /** Resolves once it collects. */
  static async start(transport: 'tcp' | 'udp'): Promise<JsonCollector> {
    const program = new Program(requirePeer('python3'), ['-c', SCRIPT, transport]);
    const [, port] = await program.says(/listening on (\d+)/);
    return new JsonCollector(program, `127.0.0.1:${port}:${transport}`);
  }

  /** What came so far. @throws Error with Python's words about a line that it can't read */
  get flows(): JsonFlow[] {
    if (this.#program.stderr !== '') throw new Error(this.#program.stderr);
    return this.#program.stdout.split('\n').slice(1, -1).map(flowOf);
  }
}

type Told = string | { readonly integer?: string; readonly other?: string };
type ToldObject = readonly (readonly [name: string, value: Told])[];

function flowOf(line: string): JsonFlow {
  const outer = JSON.parse(line) as readonly (readonly [name: string, value: Told | ToldObject])[];
  const part = (name: string): unknown => outer.find(([key]) => key === name)?.[1];
  const elements = part('ipfix') as ToldObject;
  return {
    keys: outer.map(([key]) => key),
    elements: elements.map(([name, value]) => [name, valueOf(value)]),
    timestamp: part('@timestamp') as string,
  };
}

function valueOf(value: Told): bigint | string | undefined {
  if (typeof value === 'string') return value;
  return value.integer === undefined ? undefined : BigInt(value.integer);
}
