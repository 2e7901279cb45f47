// The reference for reading, on cilium/ebpf. Prints the nanoseconds of each round, a line each.
//
//	cilium open OBJECT ROUNDS   ebpf.LoadCollectionSpec
//	cilium find NAME ROUNDS     btf.LoadKernelSpec + TypeByName of a struct
//	cilium relocate OBJECT ROUNDS
//	                            btf.CORERelocate of all programs, after both BTFs are open
//	cilium generate OBJECT ROUNDS
//	                            what bpf2go does with a compiled object: LoadCollectionSpec, gen.CollectGlobalTypes, gen.Generate
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/cmd/bpf2go/gen"
)

func open(path string) (time.Duration, error) {
	start := time.Now()
	_, err := ebpf.LoadCollectionSpec(path)
	return time.Since(start), err
}

func find(name string) (time.Duration, error) {
	start := time.Now()
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, err
	}
	var found *btf.Struct
	err = spec.TypeByName(name, &found)
	return time.Since(start), err
}

func relocate(path string) (time.Duration, error) {
	collection, err := ebpf.LoadCollectionSpec(path)
	if err != nil {
		return 0, err
	}
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for _, program := range collection.Programs {
		var relocations []*btf.CORERelocation
		instructions := program.Instructions.Iterate()
		for instructions.Next() {
			if relocation := btf.CORERelocationMetadata(instructions.Ins); relocation != nil {
				relocations = append(relocations, relocation)
			}
		}
		_, err := btf.CORERelocate(relocations, []*btf.Spec{kernel}, collection.ByteOrder, noLocalType)
		if err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func generate(path string) (time.Duration, error) {
	start := time.Now()
	spec, err := ebpf.LoadCollectionSpec(path)
	if err != nil {
		return 0, err
	}
	var maps, variables, programs []string
	for name := range spec.Maps {
		maps = append(maps, name)
	}
	for name := range spec.Variables {
		variables = append(variables, name)
	}
	for name := range spec.Programs {
		programs = append(programs, name)
	}
	err = gen.Generate(gen.GenerateArgs{
		Package:    "core",
		Stem:       "core",
		Maps:       maps,
		Variables:  variables,
		Programs:   programs,
		Types:      gen.CollectGlobalTypes(spec),
		ObjectFile: "core.o",
		Output:     io.Discard,
	})
	return time.Since(start), err
}

func noLocalType(btf.Type) (btf.TypeID, error) {
	return 0, fmt.Errorf("local types are not asked for")
}

func main() {
	tasks := map[string]func(string) (time.Duration, error){"open": open, "find": find, "relocate": relocate, "generate": generate}
	if len(os.Args) != 4 || tasks[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: cilium open OBJECT ROUNDS | find NAME ROUNDS | relocate OBJECT ROUNDS | generate OBJECT ROUNDS")
		os.Exit(2)
	}
	rounds, _ := strconv.Atoi(os.Args[3])
	for ; rounds > 0; rounds-- {
		duration, err := tasks[os.Args[1]](os.Args[2])
		if err != nil {
			fmt.Fprintf(os.Stderr, "cilium: %s %s: %v\n", os.Args[1], os.Args[2], err)
			os.Exit(1)
		}
		fmt.Println(duration.Nanoseconds())
	}
}
