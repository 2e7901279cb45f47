/**
 * Probes for what test runs take: each runs a program on an Ethernet header that nobody sends.
 *
 * @module
 */
import { addon, Errno, testRun, tryBpf, type FeatureProbe, type Values } from "../sys/index.ts";
import { Command, ProgramType } from "../uapi/index.ts";
import { cantTell, loadTried } from "./try-call.ts";

/** Bytes. */
const ETHERNET_HEADER = 14;

function xdpRunProbe(
  feature: { readonly name: string; readonly since: string },
  values: Values<typeof testRun>,
): FeatureProbe {
  return {
    ...feature,
    test: () => {
      const progFd = loadTried({ progType: ProgramType.XDP });
      if (progFd < 0) return cantTell(progFd, "BPF_PROG_LOAD");
      const dataIn = new Uint8Array(ETHERNET_HEADER);
      const result = tryBpf(Command.PROG_TEST_RUN, testRun, {
        progFd,
        dataIn,
        dataSizeIn: dataIn.length,
        ...values,
      });
      addon().close(progFd);
      if (result >= 0) return true;
      return result === -Errno.EINVAL ? false : cantTell(result, "BPF_PROG_TEST_RUN");
    },
  };
}

/** `struct xdp_md` that says where the frame ends. */
const context = new Uint8Array(Uint32Array.of(0, ETHERNET_HEADER, 0, 0, 0, 0).buffer);

export const xdpContexts: FeatureProbe = xdpRunProbe(
  { name: "contexts in test runs of XDP programs", since: "5.15" },
  { ctxIn: context, ctxSizeIn: context.length },
);

/** A flag, which older kernels don't look at, and a number, which they refuse. */
export const xdpLiveFrames: FeatureProbe = xdpRunProbe(
  { name: "live frames in test runs of XDP programs", since: "5.18" },
  { flags: 2, batchSize: 1 },
);
