import { quoteName } from "../errors/index.ts";
import { programIdentity } from "../info/identity.ts";
import { openById } from "../info/object-by-id.ts";
import { readProgramInfo, readProgramStats } from "../info/program-info.ts";
import type { ProgramInfo, ProgramStats } from "../info/index.ts";
import type { ProgramIdentity } from "../info/identity.ts";
import { attachProgram, openPin, Pin } from "../links/index.ts";
import type { AttachableProgram, AttachOptions, Link, PinOptions, UsdtMaps } from "../links/index.ts";
import type { AttachKind } from "../spec/index.ts";
import { duplicate } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import type { AttachType, ProgramType } from "../uapi/index.ts";
import { benchmarkProgram } from "./benchmark.ts";
import type { Benchmark } from "./benchmark.ts";
import { bindMap } from "./bind-map.ts";
import { openedDetails } from "./open-program.ts";
import type { OpenProgramOptions } from "./open-program.ts";
import type { AnyRun, TestRun } from "./test-run-kinds.ts";
import { runProgram, runProgramAsync } from "./test-run.ts";
import type { RunnableProgram } from "./test-run.ts";
import type { VerifierStatistics } from "./verifier-statistics.ts";

/** What a program is, besides its descriptor. */
export interface ProgramDetails {
  /** Name of the C function, in full; the kernel keeps 15 characters. */
  readonly name: string;
  readonly type: ProgramType;
  readonly attachType: AttachType;
  /** What its section's name says behind the prefix; empty when nothing. */
  readonly attachTo: string;
  readonly sectionName: string;
  readonly attachKind: AttachKind | undefined;
  readonly auto: "never" | "withTarget" | "always";
  /** The verifier's log of its load, when it was asked for. */
  readonly verifierLog: readonly string[];
  /** What its verification took, when it was asked for. */
  readonly verifierStatistics?: VerifierStatistics | undefined;
  /** Of a USDT program that reads its probe's arguments. The program closes it. */
  readonly usdt?: UsdtMaps | undefined;
  /** Where it is pinned, when it was opened there. */
  readonly pinnedAt?: string | undefined;
}

/** Options of {@link Program.fromPin}. */
export interface FromPinOptions extends OpenProgramOptions {
  /** True: the name is taken away, and the program is this object's alone. */
  readonly unpin?: boolean;
}

/**
 * A program in the kernel. `A` are the arguments of {@link Program.attach} and `L` is what it gives, `T` is what {@link Program.run}
 * takes and gives; they follow from its section's name, and bindings made by `bpf-codegen` know them exactly.
 *
 * It stays in the kernel while it is open here, attached or pinned.
 */
export class Program<
  A extends readonly unknown[] = readonly [options?: AttachOptions],
  L extends Link = Link,
  T extends TestRun = AnyRun,
>
  implements AttachableProgram, Disposable
{
  /** Name of the C function. */
  readonly name: string;
  readonly type: ProgramType;
  /** 0 where its type has none, and of one that was opened without its section. */
  readonly attachType: AttachType;
  /** What its section's name says behind the prefix: `"sched/sched_switch"`; empty when nothing. */
  readonly attachTo: string;
  /** `"tracepoint/sched/sched_switch"`; empty of one that was opened without. */
  readonly sectionName: string;
  /** What {@link Program.attach} does; `undefined` when neither section nor type says it. */
  readonly attachKind: AttachKind | undefined;
  /** Whether {@link Program.attach} works without options: never, when the section's name has a target, or always. */
  readonly auto: "never" | "withTarget" | "always";
  /** The verifier's log of its load, a line each; empty unless `verifierLog` was asked for. */
  readonly verifierLog: readonly string[];
  /** What its verification took; `undefined` unless `verifierStatistics` was asked for, and where the kernel tells nothing. */
  readonly verifierStatistics: VerifierStatistics | undefined;
  readonly #descriptor: FileDescriptor;
  readonly #details: ProgramDetails;
  readonly #usdt: UsdtMaps | undefined;
  readonly #pin: Pin;
  #identity: ProgramIdentity | undefined;

  /** Takes ownership of `descriptor`. Programs come from loading a collection. */
  constructor(descriptor: FileDescriptor, details: ProgramDetails) {
    this.#descriptor = descriptor;
    this.name = details.name;
    this.type = details.type;
    this.attachType = details.attachType;
    this.attachTo = details.attachTo;
    this.sectionName = details.sectionName;
    this.attachKind = details.attachKind;
    this.auto = details.auto;
    this.verifierLog = details.verifierLog;
    this.verifierStatistics = details.verifierStatistics;
    this.#details = details;
    this.#usdt = details.usdt;
    this.#pin = new Pin(details.pinnedAt);
  }

  /**
   * Opens the program that has this id. Needs CAP_SYS_ADMIN. Since Linux 4.13.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none, `ERR_BPF_INVALID_ARGUMENT` when the section given is of another type of
   *   program; MissingCapabilityError
   */
  static fromId(id: number, options: OpenProgramOptions = {}): Program {
    return opened(openById("program", id), options);
  }

  /**
   * Opens the program that is pinned at a path. Since Linux 4.4.
   *
   * ```ts
   * using program = Program.fromPin("/sys/fs/bpf/filter", { section: "tcx/ingress", unpin: true });
   * using link = program.attach({ interface: "eth0" });
   * ```
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is there, `ERR_BPF_INVALID_ARGUMENT` when it is no program, or the section given
   *   is of another type of program
   */
  static fromPin(path: string, { section, unpin }: FromPinOptions = {}): Program {
    const program = opened(openPin(path, "program", "program"), { section, pinnedAt: path });
    try {
      if (unpin === true) program.unpin();
      return program;
    } catch (error) {
      program.close();
      throw error;
    }
  }

  /**
   * Opens the program behind a descriptor of this process, which stays the caller's: the new object has a duplicate.
   *
   * @throws SyscallError `EBADF`; BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no program, or the section given is of another type
   */
  static fromFd(fd: number, options: OpenProgramOptions = {}): Program {
    return opened(duplicate(fd, "program", `descriptor ${fd}`), options);
  }

  /**
   * Its descriptor, which stays this object's.
   *
   * @throws BpfError `ERR_BPF_CLOSED` after {@link Program.close}.
   */
  get fd(): number {
    return this.#descriptor.value;
  }

  /** True after {@link Program.close}. */
  get closed(): boolean {
    return this.#descriptor.closed;
  }

  /** The kernel's number for it. */
  get id(): number {
    return this.#identify().id;
  }

  /** Hash of its instructions, 16 hexadecimal digits: the same for the same program. */
  get tag(): string {
    return this.#identify().tag;
  }

  /**
   * Attaches it where its section's name and the options say. It runs until the link is closed.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for options that its kind does not take, naming those that it does.
   */
  attach(...options: A): L {
    this.#requireOpen();
    // `A` and `L` are what attachProgram takes and gives for this program's kind; it checks the options for JavaScript's sake.
    return attachProgram(this, options[0] as AttachOptions | undefined, { usdt: this.#usdt }) as L;
  }

  /**
   * Runs it on data that is given, once or `repeat` times (BPF_PROG_TEST_RUN); the kernel attaches it to nothing. What it takes and
   * gives depends on its type, see `XdpRunOptions`, `SkbRunOptions` and the like. Since Linux 4.12, by type of program.
   *
   * @example
   * const { action, data } = program.run({ data: frame, context: { ingressIfindex: 1 } });
   *
   * @throws NotSupportedError for types of program that the kernel does not run on request.
   * @throws BpfError that names the option which is missing or too much.
   */
  run(...options: T["arguments"]): T["result"] {
    return runProgram(this.#runnable(), options[0] ?? {});
  }

  /** {@link Program.run} on the thread pool, for runs that take long. */
  async runAsync(...options: T["arguments"]): Promise<T["result"]> {
    return this.#whileOpen((program) => runProgramAsync(program, options[0] ?? {}));
  }

  /**
   * Measures it with test runs on the thread pool, in several rounds.
   *
   * @throws NotSupportedError for types of program that the kernel does not time.
   */
  async benchmark(...options: T["benchmark"]): Promise<Benchmark> {
    return this.#whileOpen((program) => benchmarkProgram(program, options[0] ?? {}));
  }

  /**
   * Keeps a map alive as long as the program, although the program does not use it: that is how data about a program is found from it
   * (BPF_PROG_BIND_MAP). Since Linux 5.10.
   *
   * @throws NotSupportedError on older kernels.
   */
  bindMap(map: { readonly fd: number; readonly name: string }): void {
    bindMap(this.fd, map.fd, `map ${quoteName(map.name)} to program ${quoteName(this.name)}`);
  }

  /**
   * What the kernel tells about it: its instructions as they run, its maps by id, and more. Since Linux 4.13.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  info(): ProgramInfo {
    return readProgramInfo(this.fd, `program ${quoteName(this.name)}`);
  }

  /**
   * How often and how long it ran; it counts while somebody has called `enableStats`. Since Linux 5.1.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  stats(): ProgramStats {
    return readProgramStats(this.fd, `program ${quoteName(this.name)}`);
  }

  /**
   * Gives it a name in a bpf file system, where other processes find it ({@link Program.fromPin}): it lives on while the name exists,
   * also without this process. One that is pinned already is moved. Since Linux 4.4.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the path exists or is not in a bpf file system, `ERR_BPF_NOT_FOUND` when its
   *   directory does not exist, `ERR_BPF_CLOSED`
   */
  pin(path: string, options?: PinOptions): void {
    this.#pin.pin(this.fd, path, `program ${quoteName(this.name)}`, options);
  }

  /** Takes the name away that {@link Program.pin} gave, or by which it was opened. No error when there is none. */
  unpin(): void {
    this.#pin.unpin();
  }

  /** Where it is pinned, as far as this object knows. */
  get pinnedAt(): string | undefined {
    return this.#pin.path;
  }

  /**
   * A second object for the same program of the kernel, with a descriptor of its own: each is closed for itself. Of a pin it knows
   * nothing.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  clone(): Program<A, L, T> {
    const descriptor = this.#descriptor.dup();
    try {
      return new Program<A, L, T>(descriptor, { ...this.#details, usdt: this.#usdt?.share(), pinnedAt: undefined });
    } catch (error) {
      descriptor.close();
      throw error;
    }
  }

  /** Closes the descriptor; links stay. Idempotent. Afterwards every use is an error. */
  close(): void {
    this.#descriptor.close();
    this.#usdt?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** With a descriptor of its own: this object may be closed meanwhile, and the number taken by something else. */
  async #whileOpen<R>(run: (program: RunnableProgram) => Promise<R>): Promise<R> {
    const held = this.#descriptor.dup();
    try {
      return await run(this.#runnable(held.value));
    } finally {
      held.close();
    }
  }

  #runnable(fd: number = this.fd): RunnableProgram {
    return { fd, type: this.type, what: `program ${quoteName(this.name)}` };
  }

  /** @throws BpfError `ERR_BPF_CLOSED` */
  #requireOpen(): void {
    void this.fd;
  }

  #identify(): ProgramIdentity {
    const fd = this.fd;
    this.#identity ??= programIdentity(fd, `program ${quoteName(this.name)}`);
    return this.#identity;
  }
}

/** The program behind a descriptor, which it takes over; it is closed when this throws. */
function opened(
  descriptor: FileDescriptor,
  { pinnedAt, ...options }: OpenProgramOptions & Pick<ProgramDetails, "pinnedAt">,
): Program {
  try {
    const info = readProgramInfo(descriptor.value, descriptor.what);
    return new Program(descriptor, { ...openedDetails(info, options), pinnedAt });
  } catch (error) {
    descriptor.close();
    throw error;
  }
}
