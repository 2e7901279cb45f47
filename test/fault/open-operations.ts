import { loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import { openLinkById, openPinnedLink } from "../../packages/loader/src/links/index.ts";
import type { Link } from "../../packages/loader/src/links/index.ts";
import { Program } from "../../packages/loader/src/programs/index.ts";
import { fixture, named, type Operation } from "./operation.ts";

interface Pinned {
  readonly program: Program;
  readonly programPath: string;
  readonly link: Link;
  readonly linkPath: string;
}

/** Opening a program or a link that is attached and pinned. */
function opening(name: string, open: (pinned: Pinned) => Disposable): Operation {
  return {
    name,
    prepare: ({ keep, pinPath }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_xdp"] }));
      const program = named(collection.programs, "on_xdp");
      const link = keep(program.attach({ interface: "lo", mode: "generic" }));
      const [programPath, linkPath] = [`${pinPath}/program`, `${pinPath}/link`];
      program.pin(programPath);
      keep({ [Symbol.dispose]: () => program.unpin() });
      link.pin(linkPath);
      keep({ [Symbol.dispose]: () => link.unpin() });
      return () => open({ program, programPath, link, linkPath });
    },
  };
}

export const openOperations: readonly Operation[] = [
  opening("open a program by its id", ({ program }) => Program.fromId(program.id)),
  opening("open a program by its pin", ({ programPath }) => Program.fromPin(programPath)),
  opening("open a program by its descriptor", ({ program }) => Program.fromFd(program.fd)),
  opening("open a link by its id", ({ link }) => openLinkById(link.id)),
  opening("open a link by its pin", ({ linkPath }) => openPinnedLink(linkPath)),
];
