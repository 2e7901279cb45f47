// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Counts the packets that arrive at an interface, by protocol. Since Linux 4.8; attached by a link since 5.9. */
#include "../include/bpf.h"

struct xdp_md {
	__u32 data;
	__u32 data_end;
};

enum xdp_action {
	XDP_PASS = 2,
};

struct ethernet_header {
	__u8 destination[6];
	__u8 source[6];
	__u16 type; /* big-endian */
} __attribute__((packed));

/* Of the packets of one protocol, on one CPU. */
struct traffic {
	__u64 packets;
	__u64 bytes;
};

/* By IP protocol number; other packets under 255, which is reserved. */
#define NOT_IP 255

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct traffic);
} protocols SEC(".maps");

SEC("xdp")
int count(struct xdp_md *packet)
{
	__u8 *data = (__u8 *)(unsigned long)packet->data;
	__u8 *end = (__u8 *)(unsigned long)packet->data_end;
	struct ethernet_header *ethernet = (void *)data;
	__u8 *ip = data + sizeof(*ethernet);
	__u32 protocol = NOT_IP;
	struct traffic *traffic;

	/* The protocol is byte 9 of an IPv4 header, byte 6 of an IPv6 header. */
	if (ip + 10 <= end) {
		if (ethernet->type == __builtin_bswap16(0x0800))
			protocol = ip[9];
		else if (ethernet->type == __builtin_bswap16(0x86dd))
			protocol = ip[6];
	}
	traffic = bpf_map_lookup_elem(&protocols, &protocol);
	if (traffic) {
		/* No other program writes this CPU's value. */
		traffic->packets++;
		traffic->bytes += end - data;
	}
	return XDP_PASS;
}
