// What a program waits for before its first line: the loader, and nothing done with it.
import "bpf-loader";
