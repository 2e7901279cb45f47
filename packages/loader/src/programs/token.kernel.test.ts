import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { childProgram } from "../../../../test/child-process.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { loadCollectionSpec } from "../collection/index.ts";
import { lacks, tokens } from "../features/index.ts";
import { BpfToken } from "./token.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const object = path("./fixtures/run-kinds.el.o");

let before: readonly string[] = [];
let folder = "";

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
  folder = mkdtempSync(join(tmpdir(), "bpf-token-"));
});

afterEach(() => {
  expect(openKernelObjects()).toEqual(before);
  if (folder !== "") rmdirSync(folder);
});

describe("a token", () => {
  it("lets a process in a user namespace load, by option, path and environment, and not without", async (context) => {
    context.skip(lacks(tokens), "the kernel has no BPF tokens");
    using child = await childProgram(`
      import { BpfToken, HashMap, loadCollectionSpec, SocketStorage, u32 } from "bpf-loader";
      const [object, folder] = process.argv.slice(2);
      const spec = loadCollectionSpec(object);
      const choice = { programs: ["live"] };
      const data = new Uint8Array(64);
      const counts = [];
      const load = async (options) => {
        using collection = await spec.load({ ...choice, ...options });
        counts.push(collection.maps.size + collection.programs.size);
      };
      await load({ token: folder });
      using token = BpfToken.create(folder);
      await load({ token });
      await load({ token });
      using counters = HashMap.create({ key: u32, value: u32, maxEntries: 8, token });
      counters.set(1, 2);
      counts.push(counters.size);
      SocketStorage.create({ value: u32, token: folder }).close();
      process.env.LIBBPF_BPF_TOKEN_PATH = folder;
      await load({});
      SocketStorage.create({ value: u32 }).close();
      delete process.env.LIBBPF_BPF_TOKEN_PATH;
      let message;
      await load({ token: false }).catch((error) => { message = error.message; });
      console.log(JSON.stringify({ counts, message }));
    `);
    const namespace = ["perl", path("../../../../test/user-namespace.pl"), folder];
    const { stdout, stderr } = await child.run(namespace, [object, folder]);
    // Some sandboxes allow no user namespaces.
    context.skip(stdout === "" && /^unshare: |^fsopen: |_map: /m.test(stderr), `no user namespace: ${stderr}`);
    expect(stderr).toBe("");
    const { counts, message } = JSON.parse(stdout) as { counts: number[]; message: string };
    expect(counts).toEqual([2, 2, 2, 1, 2]);
    expect(message).toMatch(/has its capabilities in a user namespace only/);
  });

  it("says what is wrong with where it is taken from", (context) => {
    expect(() => BpfToken.create(join(folder, "nothing"))).toThrow(/there is no BPF file system ".*nothing"/);
    if (lacks(tokens)) {
      expect(() => BpfToken.create(folder)).toThrow(/no BPF tokens, which came with Linux 6\.9/);
      context.skip("the kernel has no BPF tokens");
    }
    expect(() => BpfToken.create(folder)).toThrow(/EINVAL.*it is no bpf file system/);
  });

  it("fails a load that asks for one that is not there, and no other", async (context) => {
    context.skip(lacks(tokens), "the kernel has no BPF tokens");
    const spec = loadCollectionSpec(object);
    await expect(spec.load({ token: folder })).rejects.toThrow(/it is no bpf file system/);
    process.env["LIBBPF_BPF_TOKEN_PATH"] = folder;
    try {
      await expect(spec.load({ programs: ["live"] })).rejects.toThrow(/it is no bpf file system/);
      (await spec.load({ programs: ["live"], token: false })).close();
      process.env["LIBBPF_BPF_TOKEN_PATH"] = "";
      (await spec.load({ programs: ["live"] })).close();
    } finally {
      delete process.env["LIBBPF_BPF_TOKEN_PATH"];
    }
  });
});
