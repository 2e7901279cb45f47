export { AttachType, attachTypeName, attachTypeSince } from "./attach-type.ts";
export { Command, commandName } from "./command.ts";
export { MapFlag, OBJECT_NAME_LENGTH, ProgramFlag, UpdateFlag } from "./flags.ts";
export { LinkType, linkTypeName } from "./link-type.ts";
export { MapType, mapTypeName, mapTypeSince } from "./map-type.ts";
export { ProgramType, programTypeName, programTypeSince } from "./program-type.ts";
