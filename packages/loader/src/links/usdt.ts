import { NotSupportedError, quoteName } from "../errors/index.ts";
import { uprobeMultiLinks, uprobeMultiProcesses } from "../features/link-kinds.ts";
import { has } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { findExecutable } from "./library-path.ts";
import { BpfLink, type Link } from "./link.ts";
import { cookieRule, isText, isUint32, type LinkKind, optional, optionError } from "./link-kind.ts";
import { mappedAddress } from "./process-mappings.ts";
import { attachUprobe } from "./uprobe-event.ts";
import { bytesOf } from "./uprobe-multi.ts";
import { parseUsdtArguments } from "./usdt-arguments.ts";
import { UsdtLink } from "./usdt-link.ts";
import type { UsdtMaps } from "./usdt-maps.ts";
import { findUsdtProbe, type UsdtProbe, type UsdtSite } from "./usdt-sites.ts";

/** Options of `usdt` programs, and their sleepable form. */
export interface UsdtOptions {
  /** Executable or library, as for `uprobe`. Default: what the section's name says. */
  readonly path?: string;
  /** Who declared the probe: `"libstdcxx"`. Default: what the section's name says. */
  readonly provider?: string;
  /** The probe: `"throw"`. Default: what the section's name says. */
  readonly name?: string;
  /** Only in this process, 0 = this one. Default: in all that run the file, now and later. */
  readonly pid?: number;
  /** What `bpf_usdt_cookie()` gives; in objects without libbpf's usdt.bpf.h, `bpf_get_attach_cookie()`. */
  readonly cookie?: bigint;
}

/**
 * Probes that executables declare (USDT, systemtap's <sys/sdt.h>). To the kernel they are uprobes, by one link since Linux 6.10.
 * Libraries without a process need Linux 5.15, probes with a semaphore 4.20.
 */
export const usdt: LinkKind<UsdtOptions> = {
  kind: "usdt",
  title: "a USDT program",
  since: "4.17",
  options: {
    path: optional("string", isText),
    provider: optional("string", isText),
    name: optional("string", isText),
    pid: optional("number", isUint32),
    cookie: cookieRule,
  },
  example: 'attach({ path: "libstdc++.so.6", provider: "libstdcxx", name: "throw" })',
  attach(program, options, context) {
    const target = targetOf(program, options);
    const path = findExecutable(target.path);
    const probe = findUsdtProbe(path, target.provider, target.name);
    const pid = options.pid === 0 ? process.pid : options.pid;
    if (context.usdt === undefined) {
      // The program can't ask for arguments: nothing stands between it and the cookie.
      const places = probe.sites.map((site) => ({ site, cookie: options.cookie }));
      return UsdtLink.of(program, attachToPlaces(program, path, pid, places), () => {});
    }
    return attachWithArguments(program, { path, probe, pid, cookie: options.cookie ?? 0n }, context.usdt);
  },
};

/** What attach type USDT programs are loaded with: what they are attached by is decided then. */
export function usdtAttachType(): AttachType {
  const multi = has(uprobeMultiLinks) && has(uprobeMultiProcesses);
  return multi ? AttachType.TRACE_UPROBE_MULTI : 0;
}

interface Target {
  readonly path: string;
  readonly provider: string;
  readonly name: string;
}

function targetOf(program: AttachableProgram, options: UsdtOptions): Target {
  const { attachTo } = program;
  const [, ...parts] = /^([^:]+):([^:]+):([^:]+)$/.exec(attachTo) ?? [];
  const { path = parts[0], provider = parts[1], name = parts[2] } = options;
  if (path !== undefined && provider !== undefined && name !== undefined) return { path, provider, name };
  if (attachTo !== "") {
    throw optionError(usdt, program, `${quoteName(attachTo)} is no probe in a file, as "path:provider:name"`);
  }
  const missing = Object.entries({ path, provider, name }).flatMap(([option, value]) =>
    value === undefined ? [option] : [],
  );
  const list = missing.join(", ").replace(/, (?=[^,]*$)/, " and ");
  const noun = missing.length === 1 ? "option" : "options";
  throw optionError(usdt, program, `its section names no probe; give the ${noun} ${list}`);
}

interface Place {
  readonly site: UsdtSite;
  readonly cookie: bigint | undefined;
}

interface Wanted {
  readonly path: string;
  readonly probe: UsdtProbe;
  readonly pid: number | undefined;
  readonly cookie: bigint;
}

/** Tells the program by `maps` where the arguments are at each place, and attaches it. */
function attachWithArguments(program: AttachableProgram, wanted: Wanted, owner: UsdtMaps): Link {
  const { path, probe, pid, cookie } = wanted;
  const maps = owner.share();
  const numbers = new Map<string, number>();
  const addresses: bigint[] = [];
  const release = (): void => {
    for (const address of addresses) maps.removeAddress(address);
    for (const number of numbers.values()) maps.remove(number);
    maps.close();
  };
  try {
    const places = probe.sites.map((site): Place => {
      let number = numbers.get(site.arguments);
      if (number === undefined) {
        number = maps.add(parseUsdtArguments(site.arguments, probe.machine), cookie);
        numbers.set(site.arguments, number);
      }
      if (maps.cookies) return { site, cookie: BigInt(number) };
      const address = addressOf(program, site, wanted);
      maps.addAddress(address, number);
      addresses.push(address);
      return { site, cookie: undefined };
    });
    return UsdtLink.of(program, attachToPlaces(program, path, pid, places), release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Where the probe runs: without cookies, that is all that the program has to tell the places apart. */
function addressOf(program: AttachableProgram, site: UsdtSite, { path, probe, pid }: Wanted): bigint {
  if (!probe.movable) return BigInt(site.address);
  if (pid !== undefined) return mappedAddress(pid, path, site.offset);
  throw new NotSupportedError(
    "USDT probes of libraries in all processes",
    "5.15",
    `${describeProgram(program)} can't be attached: before Linux 5.15, ${quoteName(path)}, which each process has at another address, needs the option pid`,
  );
}

function attachToPlaces(
  program: AttachableProgram,
  path: string,
  pid: number | undefined,
  places: readonly Place[],
): readonly [Link, ...Link[]] {
  if (program.attachType === AttachType.TRACE_UPROBE_MULTI) return [attachAtOnce(program, path, pid, places)];
  const links: Link[] = [];
  try {
    for (const { site, cookie } of places) {
      const { offset, counterOffset } = site;
      links.push(
        attachUprobe("usdt", program, { path, offset, atReturn: false, pid: pid ?? -1, cookie, counterOffset }),
      );
    }
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
  const [first, ...others] = links;
  if (first === undefined) throw new TypeError("a probe that was found has at least one place");
  return [first, ...others];
}

function attachAtOnce(
  program: AttachableProgram,
  path: string,
  pid: number | undefined,
  places: readonly Place[],
): Link {
  const link = createLink(
    program,
    {
      attachType: AttachType.TRACE_UPROBE_MULTI,
      uprobeMultiPath: path,
      uprobeMultiOffsets: bytesOf(places.map(({ site }) => site.offset)),
      uprobeMultiRefCtrOffsets: bytesOf(places.map(({ site }) => site.counterOffset ?? 0)),
      uprobeMultiCookies: bytesOf(places.map(({ cookie }) => cookie ?? 0n)),
      uprobeMultiCnt: places.length,
      uprobeMultiPid: pid ?? 0,
    },
    () => ({
      capabilities: ["CAP_BPF", "CAP_PERFMON"],
      hints: {
        ESRCH: `there is no process ${pid ?? 0}`,
        EINVAL: `one of the probe's places is beyond the end of ${quoteName(path)} or attached to already with another semaphore, or the file can't be probed`,
      },
    }),
  );
  return new BpfLink("usdt", link);
}
