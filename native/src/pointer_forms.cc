#include "pointer_forms.h"

#include <cstring>

#include "kernel_call.h"
#include "object_kind.h"

namespace bpf_native {

namespace {

using enum Direction;
using enum Extent;

constexpr PointerField kMapCreatePointers[] = {
    {80, kIn, kCount, 88},  // excl_prog_hash
};
constexpr PointerField kProgLoadPointers[] = {
    {8, kIn, kCount, 4, 8},               // insns
    {16, kIn, kString},                   // license
    {32, kOut, kCount, 28},               // log_buf
    {80, kIn, kRecords, 88, 76},          // func_info
    {96, kIn, kRecords, 104, 92},         // line_info
    {120, kIn, kCountOrIndexed, 148, 4},  // fd_array; with a count, since Linux 6.14, all of it has to be descriptors
    {128, kIn, kRecords, 116, 136},       // core_relos
    {152, kIn, kCount, 160},              // signature
};
constexpr PointerField kObjectPathPointers[] = {
    {0, kIn, kString},  // pathname
};
constexpr PointerField kTestRunPointers[] = {
    {16, kIn, kCount, 8},             // data_in
    {24, kOut, kCountNotZero, 12},    // data_out; bpf_test_finish() copies everything when the size is 0
    {48, kInOut, kCount, 40},         // ctx_in; written back for BPF_PROG_TYPE_SYSCALL
    {56, kOut, kCountNotZero, 44},    // ctx_out
};
constexpr PointerField kInfoByFdPointers[] = {
    {8, kInOut, kCount, 4, 1, Inside::kObjectInfo},  // info
};
constexpr PointerField kProgQueryPointers[] = {
    {16, kOut, kCount, 24, 4},  // prog_ids
    {32, kOut, kCount, 24, 4},  // prog_attach_flags
    {40, kOut, kCount, 24, 4},  // link_ids
    {48, kOut, kCount, 24, 4},  // link_attach_flags
};
constexpr PointerField kRawTracepointPointers[] = {
    {0, kIn, kString},  // name
};
constexpr PointerField kBtfLoadPointers[] = {
    {0, kIn, kCount, 16},   // btf
    {8, kOut, kCount, 20},  // btf_log_buf
};
constexpr PointerField kTaskFdQueryPointers[] = {
    {16, kOut, kCount, 12},  // buf
};
constexpr PointerField kStreamReadPointers[] = {
    {0, kOut, kCount, 8},  // stream_buf
};
constexpr PointerField kIterPointers[] = {
    {16, kIn, kCount, 24},  // iter_info
};
constexpr PointerField kKprobeMultiPointers[] = {
    {24, kIn, kCount, 20, 8, Inside::kStrings},  // syms
    {32, kIn, kCount, 20, 8},                    // addrs
    {40, kIn, kCount, 20, 8},                    // cookies
};
constexpr PointerField kUprobeMultiPointers[] = {
    {16, kIn, kString},        // path
    {24, kIn, kCount, 48, 8},  // offsets
    {32, kIn, kCount, 48, 8},  // ref_ctr_offsets
    {40, kIn, kCount, 48, 8},  // cookies
};
constexpr PointerField kTracingMultiPointers[] = {
    {16, kIn, kCount, 32, 4},  // ids
    {24, kIn, kCount, 32, 8},  // cookies
};

constexpr Form kIterLink = {64, kIterPointers, true};
constexpr Form kKprobeMultiLink = {64, kKprobeMultiPointers, true};
constexpr Form kUprobeMultiLink = {64, kUprobeMultiPointers, true};
constexpr Form kTracingMultiLink = {64, kTracingMultiPointers, true};
constexpr Form kOtherLink = {64, {}, true};

// By number of the command. Size 0 = refused.
constexpr Form kCommands[] = {
    /* MAP_CREATE */ {96, kMapCreatePointers, true},
    /* MAP_LOOKUP_ELEM */ {0, {}},
    /* MAP_UPDATE_ELEM */ {0, {}},
    /* MAP_DELETE_ELEM */ {0, {}},
    /* MAP_GET_NEXT_KEY */ {0, {}},
    /* PROG_LOAD */ {168, kProgLoadPointers, true},
    /* OBJ_PIN */ {24, kObjectPathPointers},
    /* OBJ_GET */ {24, kObjectPathPointers, true},
    /* PROG_ATTACH */ {32, {}},
    /* PROG_DETACH */ {32, {}},
    /* PROG_TEST_RUN */ {80, kTestRunPointers},
    /* PROG_GET_NEXT_ID */ {16, {}},
    /* MAP_GET_NEXT_ID */ {16, {}},
    /* PROG_GET_FD_BY_ID */ {16, {}, true},
    /* MAP_GET_FD_BY_ID */ {16, {}, true},
    /* OBJ_GET_INFO_BY_FD */ {16, kInfoByFdPointers},
    /* PROG_QUERY */ {64, kProgQueryPointers},
    /* RAW_TRACEPOINT_OPEN */ {24, kRawTracepointPointers, true},
    /* BTF_LOAD */ {40, kBtfLoadPointers, true},
    /* BTF_GET_FD_BY_ID */ {16, {}, true},
    /* TASK_FD_QUERY */ {48, kTaskFdQueryPointers},
    /* MAP_LOOKUP_AND_DELETE_ELEM */ {0, {}},
    /* MAP_FREEZE */ {8, {}},
    /* BTF_GET_NEXT_ID */ {16, {}},
    /* MAP_LOOKUP_BATCH */ {0, {}},
    /* MAP_LOOKUP_AND_DELETE_BATCH */ {0, {}},
    /* MAP_UPDATE_BATCH */ {0, {}},
    /* MAP_DELETE_BATCH */ {0, {}},
    /* LINK_CREATE */ kOtherLink,
    /* LINK_UPDATE */ {16, {}},
    /* LINK_GET_FD_BY_ID */ {16, {}, true},
    /* LINK_GET_NEXT_ID */ {16, {}},
    /* ENABLE_STATS */ {8, {}, true},
    /* ITER_CREATE */ {8, {}, true},
    /* LINK_DETACH */ {8, {}},
    /* PROG_BIND_MAP */ {16, {}},
    /* TOKEN_CREATE */ {8, {}, true},
    /* PROG_STREAM_READ_BY_FD */ {24, kStreamReadPointers},
    /* PROG_ASSOC_STRUCT_OPS */ {16, {}},
};
static_assert(std::size(kCommands) == kProgAssocStructOps + 1);

// enum bpf_attach_type: those whose part of BPF_LINK_CREATE holds addresses.
enum AttachType : uint32_t {
  kTraceIter = 28,
  kTraceKprobeMulti = 42,
  kTraceUprobeMulti = 48,
  kTraceKprobeSession = 56,
  kTraceUprobeSession = 57,
  kTraceFentryMulti = 59,
  kTraceFexitMulti = 60,
  kTraceFsessionMulti = 61,
};

const Form& FormOfLinkCreate(const uint8_t* attribute) {
  uint32_t attach_type;
  memcpy(&attach_type, attribute + 8, sizeof(attach_type));
  switch (attach_type) {
    case kTraceIter:
      return kIterLink;
    case kTraceKprobeMulti:
    case kTraceKprobeSession:
      return kKprobeMultiLink;
    case kTraceUprobeMulti:
    case kTraceUprobeSession:
      return kUprobeMultiLink;
    case kTraceFentryMulti:
    case kTraceFexitMulti:
    case kTraceFsessionMulti:
      return kTracingMultiLink;
    default:
      return kOtherLink;
  }
}

constexpr PointerField kMapInfoPointers[] = {
    {88, kOut, kCount, 96},  // hash
};
constexpr PointerField kProgInfoPointers[] = {
    {24, kOut, kCount, 16},           // jited_prog_insns
    {32, kOut, kCount, 20},           // xlated_prog_insns
    {56, kOut, kCount, 52, 4},        // map_ids
    {112, kOut, kCount, 104, 8},      // jited_ksyms
    {120, kOut, kCount, 108, 4},      // jited_func_lens
    {136, kOut, kRecords, 144, 132},  // func_info
    {152, kOut, kRecords, 148, 172},  // line_info
    {160, kOut, kRecords, 168, 176},  // jited_line_info
    {184, kOut, kCount, 180, 8},      // prog_tags
};
constexpr PointerField kBtfInfoPointers[] = {
    {0, kOut, kCount, 8},    // btf
    {16, kOut, kCount, 24},  // name
};
constexpr PointerField kNamedLinkInfoPointers[] = {
    {16, kOut, kCount, 24},  // raw_tracepoint.tp_name, iter.target_name
};
constexpr PointerField kKprobeMultiInfoPointers[] = {
    {16, kOut, kCount, 24, 8},  // addrs
    {40, kOut, kCount, 24, 8},  // cookies
};
constexpr PointerField kUprobeMultiInfoPointers[] = {
    {16, kOut, kCount, 48},     // path
    {24, kOut, kCount, 52, 8},  // offsets
    {32, kOut, kCount, 52, 8},  // ref_ctr_offsets
    {40, kOut, kCount, 52, 8},  // cookies
};
constexpr PointerField kTracingMultiInfoPointers[] = {
    {32, kOut, kCount, 20, 4},  // ids
    {40, kOut, kCount, 20, 8},  // addrs
    {48, kOut, kCount, 20, 8},  // cookies
};
constexpr PointerField kPerfEventInfoPointers[] = {
    {24, kOut, kCount, 32},  // uprobe.file_name, kprobe.func_name, tracepoint.tp_name
};

constexpr Form kMapInfo = {104, kMapInfoPointers};
constexpr Form kProgInfo = {232, kProgInfoPointers};
constexpr Form kBtfInfo = {32, kBtfInfoPointers};
constexpr Form kNamedLinkInfo = {48, kNamedLinkInfoPointers};
constexpr Form kKprobeMultiInfo = {48, kKprobeMultiInfoPointers};
constexpr Form kUprobeMultiInfo = {64, kUprobeMultiInfoPointers};
constexpr Form kTracingMultiInfo = {56, kTracingMultiInfoPointers};
constexpr Form kPerfEventInfo = {64, kPerfEventInfoPointers};

// enum bpf_link_type: those whose information holds addresses.
enum LinkType : int {
  kRawTracepoint = 1,
  kIter = 4,
  kPerfEvent = 7,
  kKprobeMulti = 8,
  kUprobeMulti = 12,
  kTracingMulti = 15,
};

const Form* FormOfLinkInfo(int fd) {
  switch (ReadLinkType(fd)) {
    case kRawTracepoint:
    case kIter:
      return &kNamedLinkInfo;
    case kPerfEvent:
      return &kPerfEventInfo;
    case kKprobeMulti:
      return &kKprobeMultiInfo;
    case kUprobeMulti:
      return &kUprobeMultiInfo;
    case kTracingMulti:
      return &kTracingMultiInfo;
    default:
      return nullptr;
  }
}

constexpr PointerField kPerfEventPointers[] = {
    {56, kIn, kString},  // config1
};

}  // namespace

constexpr Form kPerfEventForm = {kAttributeRoom, kPerfEventPointers, true};

const Form* FormOfCommand(uint32_t command, const uint8_t* attribute) {
  if (command == kLinkCreate) return &FormOfLinkCreate(attribute);
  if (command >= std::size(kCommands) || kCommands[command].size == 0) return nullptr;
  return &kCommands[command];
}

const Form* FormOfInfo(int fd) {
  switch (KindOf(fd)) {
    case ObjectKind::kMap:
      return &kMapInfo;
    case ObjectKind::kProgram:
      return &kProgInfo;
    case ObjectKind::kBtf:
      return &kBtfInfo;
    case ObjectKind::kLink:
      return FormOfLinkInfo(fd);
    default:
      return nullptr;
  }
}

}  // namespace bpf_native
