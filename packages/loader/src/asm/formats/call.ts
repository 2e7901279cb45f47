import { Opcode, PseudoCall } from "../opcode.ts";
import { registerName } from "../register.ts";
import { encodeRegister, hex, makeFields } from "./format.ts";
import type { Format } from "./format.ts";

export const callHelper: Format<"callHelper"> = {
  opcodes: [Opcode.CALL],
  decode({ destination, source, offset, immediate }) {
    if (source !== PseudoCall.HELPER || destination !== 0 || offset !== 0) return undefined;
    return { kind: "callHelper", helper: immediate };
  },
  encode: ({ helper }) => makeFields({ opcode: Opcode.CALL, source: PseudoCall.HELPER, immediate: helper }),
  print: ({ helper }) => `call ${hex(helper)}`,
};

export const callFunction: Format<"callFunction"> = {
  opcodes: [Opcode.CALL],
  decode({ destination, source, offset, immediate }) {
    if (source !== PseudoCall.FUNCTION || destination !== 0) return undefined;
    return { kind: "callFunction", target: immediate, compiled: offset };
  },
  encode: ({ target, compiled }) =>
    makeFields({ opcode: Opcode.CALL, source: PseudoCall.FUNCTION, offset: compiled, immediate: target }),
  print: ({ target }) => `call ${hex(target)}`,
};

export const callKernel: Format<"callKernel"> = {
  opcodes: [Opcode.CALL],
  decode({ destination, source, offset, immediate }) {
    if (source !== PseudoCall.KFUNC || destination !== 0) return undefined;
    return { kind: "callKernel", typeId: immediate, module: offset };
  },
  encode: ({ typeId, module }) =>
    makeFields({ opcode: Opcode.CALL, source: PseudoCall.KFUNC, offset: module, immediate: typeId }),
  print: ({ typeId }) => `call ${hex(typeId)}`,
};

export const callRegister: Format<"callRegister"> = {
  opcodes: [Opcode.CALL_REGISTER],
  decode({ destination, source, offset, immediate }) {
    const register = registerName(destination);
    if (register === undefined || source !== 0 || offset !== 0 || immediate !== 0) return undefined;
    return { kind: "callRegister", register };
  },
  encode: ({ register }) => makeFields({ opcode: Opcode.CALL_REGISTER, destination: encodeRegister(register) }),
  print: ({ register }) => `callx ${register}`,
};
