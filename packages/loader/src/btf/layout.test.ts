import { expect, it } from "vitest";
import { blobOf } from "../../../../test/btf/blob.ts";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { formatLayout, layoutOf } from "./index.ts";
import { processorTime } from "../../../../test/processor-time.ts";

it.each(["kinds.el.o", "kinds.eb.o"])("shows members, holes and padding of %s", (name) => {
  const btf = btfOf(name);
  const layout = layoutOf(btf, btf.find("every", "struct") ?? 0);
  expect(formatLayout(layout)).toMatchInlineSnapshot(`
    "struct every {
    	signed char signed_char;                           /*      0      1 */
    	_Bool boolean;                                     /*      1      1 */
    	short sixteen;                                     /*      2      2 */

    	/* hole of 4 bytes at 4 */

    	long sixty_four;                                   /*      8      8 */
    	__int128 hundred_and_twenty_eight;                 /*     16     16 */
    	float single;                                      /*     32      4 */

    	/* hole of 4 bytes at 36 */

    	double twice;                                      /*     40      8 */
    	enum small small;                                  /*     48      4 */
    	enum negative negative;                            /*     52      4 */
    	enum wide wide;                                    /*     56      8 */
    	enum wide_negative wide_negative;                  /*     64      8 */
    	unsigned int bits: 3;                              /*     72      4 */
    	int signed_bits: 5;                                /*   72:3      4 */

    	/* hole of 7 bytes at 73 */

    	u64 many_bits: 40;                                 /*     80      8 */

    	/* hole of 3 bytes at 85 */

    	struct forward *forward;                           /*     88      8 */
    	union forward_union *forward_union;                /*     96      8 */
    	const volatile char *text;                         /*    104      8 */
    	char *const *restrict_less;                        /*    112      8 */
    	int (*callback)(void *, const struct every *, ...); /*    120      8 */
    	void (*nothing)(void);                             /*    128      8 */
    	int matrix[2][3];                                  /*    136     24 */
    	const int (*rows)[3];                              /*    160      8 */
    	struct packed packed;                              /*    168      9 */

    	/* hole of 7 bytes at 177 */

    	struct {
    		int inner;                                        /*    184      4 */

    		/* hole of 4 bytes at 188 */

    		union {
    			u8 as_byte;                                      /*    192      1 */
    			u64 as_word;                                     /*    192      8 */
    		};                                                /*    192      8 */
    	};                                                 /*    184     16 */
    	u64 *tagged;                                       /*    200      8 */
    	int field;                                         /*    208      4 */
    	int flexible[];                                    /*    212      0 */

    	/* padding of 12 bytes at 212 */

    	/* size: 224, alignment: 16, holes: 25 bytes, padding: 12 bytes */
    };
    "
  `);
});

it("looks through typedefs, and refuses what has no members", () => {
  const btf = btfOf("kinds.el.o");
  expect(() => layoutOf(btf, btf.find("u8") ?? 0)).toThrow(/is no struct or union/);
  const packed = layoutOf(btf, btf.find("packed") ?? 0);
  expect(packed).toMatchObject({ size: 9, align: 1, packed: true, holeBits: 0, paddingBits: 0 });
});

it("ends, however structs without a name nest", () => {
  const levels = 60;
  const types = Array.from({ length: levels }, (_, index) => [0, (5 << 24) | 2, 8, 0, index + 2, 0, 0, index + 2, 0]);
  const btf = blobOf([...types.flat(), 1, 4 << 24, 8], "\0x\u001b[31m\0");
  const start = processorTime();
  const text = formatLayout(layoutOf(btf, 1));
  expect(text).not.toContain("\u001b");
  expect(processorTime() - start).toBeLessThan(2000);
});
