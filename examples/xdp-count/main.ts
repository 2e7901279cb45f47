/**
 * Counts the packets that arrive at an interface, by protocol: `node main.js [interface] [seconds]`.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BpfError } from "bpf-loader";
import { xdpCount } from "./xdp-count.ts";

const protocolNames: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 255: "not IP" };

async function count(networkInterface: string, seconds: number): Promise<void> {
  using objects = await xdpCount.load();
  using _link = objects.programs.count.attach({ interface: networkInterface });
  await sleep(seconds * 1000);

  for (const [protocol, perCpu] of objects.maps.protocols.entries()) {
    const packets = perCpu.reduce((sum, cpu) => sum + cpu.packets, 0n);
    const bytes = perCpu.reduce((sum, cpu) => sum + cpu.bytes, 0n);
    if (packets === 0n) continue;
    const name = protocolNames[protocol] ?? `protocol ${protocol}`;
    console.log(`${name.padEnd(12)} ${String(packets).padStart(10)} packets ${String(bytes).padStart(14)} bytes`);
  }
}

const [networkInterface = "lo", seconds = "10"] = process.argv.slice(2);
try {
  await count(networkInterface, Number(seconds));
} catch (error) {
  if (!(error instanceof BpfError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
