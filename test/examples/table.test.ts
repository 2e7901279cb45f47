import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { commandLineText, durationText, inert, Table } from "../../examples/execsnoop/table.ts";
import type { Row } from "../../examples/execsnoop/table.ts";

/** Collects what is printed, as a terminal of `columns` would get it, or a pipe. */
function sink(columns?: number): { stream: NodeJS.WriteStream; lines: () => string[] } {
  let text = "";
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    }),
    columns === undefined ? {} : { isTTY: true, columns, hasColors: () => true },
  );
  // The table uses only what is set above.
  return { stream: stream as unknown as NodeJS.WriteStream, lines: () => text.trimEnd().split("\n") };
}

const ESCAPE = "\u001B";
const withoutColours = (line: string): string => line.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g"), "");

const row: Row = {
  time: new Date(2025, 0, 2, 3, 4, 5, 6),
  pid: 42,
  ppid: 1,
  uid: 1000,
  comm: "sleep",
  commandLine: "/usr/bin/sleep 60",
};

test("a pipe gets whole and plain lines", () => {
  const { stream, lines } = sink();
  const table = new Table(stream);
  table.header();
  table.row({ ...row, commandLine: "x".repeat(500) });
  table.row({ ...row, end: { exitCode: 0, signal: 9, duration: 250_000_000n } });
  const [header, exec, exit] = lines();
  expect(header).toMatch(/^TIME +PID +PPID +UID +COMM +EVENT +DURATION +COMMAND$/);
  expect(exec).toMatch(/^03:04:05\.006 +42 +1 +1000 +sleep +exec +x{500}$/);
  expect(exit).toMatch(/ SIGKILL +250 ms +\/usr\/bin\/sleep 60$/);
});

test.each([40, 80, 100, 200])("a terminal of %i columns gets lines that fit", (columns) => {
  const { stream, lines } = sink(columns);
  const table = new Table(stream);
  table.header();
  table.row({ ...row, comm: "日本語日本語日", commandLine: "日本語 ".repeat(100) });
  table.row({ ...row, end: { exitCode: 3, signal: 0, duration: 1n } });
  for (const line of lines()) {
    const shown = withoutColours(line).trimEnd();
    const cells = Array.from(shown).reduce((sum, character) => sum + (character >= "\u3000" ? 2 : 1), 0);
    expect(cells).toBeLessThanOrEqual(columns);
  }
  expect(lines().some((line) => line.includes(`${ESCAPE}[`))).toBe(true);
});

test("columns stand under their titles", () => {
  const { stream, lines } = sink(120);
  const table = new Table(stream);
  table.header();
  table.row(row);
  const [header = "", line = ""] = lines().map(withoutColours);
  expect(line.indexOf("exec")).toBe(header.indexOf("EVENT"));
  expect(line.indexOf("/usr/bin/sleep")).toBe(header.indexOf("COMMAND"));
});

test("what strangers chose can't steer the terminal", () => {
  expect(inert("\u001B[31mred\r\n\u202Eabc\u009B1m")).toBe(String.raw`\u{1b}[31mred\u{d}\n\u{202e}abc\u{9b}1m`);
  expect(commandLineText(["a b", "it's", "plain-1.0", "日本語", "\u0007"])).toBe(
    String.raw`'a b' 'it'\''s' plain-1.0 日本語 '\u{7}'`,
  );
});

test("durations keep to eight characters", () => {
  const texts = [0n, 999_400n, 1_240_000n, 305_000_000n, 12_300_000_000n, 100_000_000_000n].map(durationText);
  expect(texts).toEqual(["0 µs", "999 µs", "1.24 ms", "305 ms", "12.3 s", "2 min"]);
});
