import { mkdirSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { BpfError, quoteName } from "../errors/index.ts";
import {
  Errno,
  explainSyscall,
  FileDescriptor,
  objectKind,
  objectPath,
  requireObjectKind,
  tryBpf,
} from "../sys/index.ts";
import type { ObjectKind } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { fileSystemType, mounts } from "./mounts.ts";

/** BPF_FS_MAGIC of include/uapi/linux/magic.h. */
const BPF_FS_MAGIC = 0xcafe4a11;

/** Options of pinning. */
export interface PinOptions {
  /** True: the directories that the path needs are made, for this user only. */
  readonly makeDirectory?: boolean;
}

/** The name of an object in a bpf file system, as far as this process knows it. */
export class Pin {
  #path: string | undefined;

  /** `path` is where the object was opened, if that was by its pin. */
  constructor(path?: string) {
    this.#path = path === undefined ? undefined : resolve(path);
  }

  /** Absolute. */
  get path(): string | undefined {
    return this.#path;
  }

  /**
   * Pins the object; one that is pinned is moved. Both names exist for a moment, never none.
   *
   * @throws BpfError as {@link pinDescriptor} does; the object stays pinned where it was.
   */
  pin(fd: number, path: string, object: string, options?: PinOptions): void {
    const before = this.#path;
    if (before === resolve(path)) return;
    this.#path = pinDescriptor(fd, path, object, options);
    if (before !== undefined) unpin(before);
  }

  /** Takes the name away. No error when there is none. */
  unpin(): void {
    if (this.#path !== undefined) unpin(this.#path);
    this.#path = undefined;
  }
}

/**
 * Gives a kernel object a name in a bpf file system: it lives on while the name exists, also without this process.
 *
 * @param object for messages: `link of program "count"`.
 * @param options see {@link PinOptions}.
 * @returns the absolute path.
 * @throws BpfError ERR_BPF_INVALID_ARGUMENT when the path exists or is not in a bpf file system; ERR_BPF_NOT_FOUND when
 *   its directory does not exist. Since Linux 4.4, links since 5.7.
 */
export function pinDescriptor(fd: number, path: string, object: string, options: PinOptions = {}): string {
  // It would stand for the working directory.
  if (path === "") throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${object} can't be pinned: the path is empty`);
  const absolute = resolve(path);
  if (options.makeDirectory === true)
    makeDirectory(dirname(absolute), `${object} can't be pinned at ${quoteName(absolute)}`);
  const result = tryBpf(Command.OBJ_PIN, objectPath, { pathname: absolute, bpfFd: fd });
  if (result >= 0) return absolute;
  throw explainPin(-result, absolute, object);
}

/**
 * Opens what is pinned at a path (BPF_OBJ_GET).
 *
 * @param what for messages: `map "flows"`.
 * @param fileFlags RDONLY and WRONLY of `MapFlag`.
 * @returns `undefined` when nothing is there.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is of another kind; MissingCapabilityError
 */
export function tryOpenPin(path: string, kind: ObjectKind, what: string, fileFlags = 0): FileDescriptor | undefined {
  const object = `${what} at ${quoteName(path)}`;
  const descriptor = getObject(path, what, object, fileFlags);
  if (descriptor === undefined) return undefined;
  try {
    requireObjectKind(descriptor.value, kind, object);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** What is pinned at a path. */
export interface AnyPin {
  readonly kind: ObjectKind;
  readonly descriptor: FileDescriptor;
}

/**
 * Opens what is pinned at a path, whatever it is.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is, `ERR_BPF_INVALID_ARGUMENT` for what is no BPF object
 */
export function openAnyPin(path: string): AnyPin {
  const what = `what is pinned at ${quoteName(path)}`;
  const descriptor = getObject(path, what, what, 0);
  if (descriptor === undefined) throw nothingPinned(path);
  try {
    const kind = objectKind(descriptor.value);
    if (kind !== undefined) return { kind, descriptor };
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${what} is no map, program or link`);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** BPF_OBJ_GET; `undefined` when nothing is there. */
function getObject(path: string, what: string, object: string, fileFlags: number): FileDescriptor | undefined {
  const result = tryBpf(Command.OBJ_GET, objectPath, { pathname: path, fileFlags });
  if (result === -Errno.ENOENT) return undefined;
  if (result >= 0) return new FileDescriptor(result, what);
  const type = fileSystemType(path);
  if (result === -Errno.EACCES && type !== undefined && type !== BPF_FS_MAGIC) throw notInBpfFileSystem(object);
  throw explainSyscall(result, "BPF_OBJ_GET", object, {
    capabilities: [],
    hints: {
      EACCES:
        type !== undefined && isDirectory(path)
          ? "it is a directory"
          : "the permissions of the pin or of its directory forbid it, or it is the file of an iterator",
      EPERM: "kernel.unprivileged_bpf_disabled is set, and the process has no CAP_BPF",
      EINVAL: "it is of a kind that can't be opened for reading or writing only",
    },
  });
}

function nothingPinned(path: string): BpfError {
  return new BpfError("ERR_BPF_NOT_FOUND", `nothing is pinned at ${quoteName(path)}`);
}

/** {@link tryOpenPin}; `ERR_BPF_NOT_FOUND` when nothing is there. */
export function openPin(path: string, kind: ObjectKind, what: string, fileFlags = 0): FileDescriptor {
  const descriptor = tryOpenPin(path, kind, what, fileFlags);
  if (descriptor === undefined) throw nothingPinned(path);
  return descriptor;
}

/** Takes the name away that {@link pinDescriptor} gave; no error when it is gone already. */
export function unpin(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${quoteName(path)} can't be unpinned: ${String(error)}`, {
      cause: error,
    });
  }
}

function explainPin(errno: number, path: string, object: string): BpfError {
  const where = `${object} can't be pinned at ${quoteName(path)}`;
  const directory = dirname(path);
  if (errno === Errno.EEXIST) {
    return new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${where}: something of that name exists; remove it or choose another`,
    );
  }
  if (errno === Errno.ENOENT) {
    const hint = isInBpfFileSystem(directory) ? "" : `, nor would it be in a bpf file system; ${mountHint()}`;
    return new BpfError("ERR_BPF_NOT_FOUND", `${where}: the directory ${quoteName(directory)} does not exist${hint}`);
  }
  if (fileSystemType(directory) !== BPF_FS_MAGIC) return notInBpfFileSystem(where);
  if (errno === Errno.EPERM && basename(path).includes(".")) {
    return new BpfError("ERR_BPF_INVALID_ARGUMENT", `${where}: ${DOTS}`);
  }
  return explainSyscall(errno, "BPF_OBJ_PIN", object);
}

/** bpf_lookup() of kernel/bpf/inode.c. */
const DOTS = "bpf file systems take no names with a dot; write _ in its place";

function notInBpfFileSystem(where: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `${where}: it is not in a bpf file system; ${mountHint()}`);
}

function mountHint(): string {
  const mounted = mounts().find(({ type }) => type === "bpf");
  return mounted === undefined
    ? "none is mounted: mount -t bpf bpf /sys/fs/bpf"
    : `one is mounted at ${quoteName(mounted.path)}`;
}

/** Of a directory that need not exist. */
function isInBpfFileSystem(directory: string): boolean {
  let ancestor = directory;
  while (fileSystemType(ancestor) === undefined && ancestor !== dirname(ancestor)) ancestor = dirname(ancestor);
  return fileSystemType(ancestor) === BPF_FS_MAGIC;
}

/** Only in a bpf file system: elsewhere the pin would fail, and the directories stay. */
function makeDirectory(directory: string, where: string): void {
  if (!isInBpfFileSystem(directory)) throw notInBpfFileSystem(where);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = basename(directory).includes(".") ? DOTS : String(error);
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${where}: its directory can't be made: ${reason}`, {
      cause: error,
    });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
