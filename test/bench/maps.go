// The side of cilium/ebpf, on maps that others made: see maps.c, whose tasks and answers these are.
//
//	maps COUNTERS_ID RECORDS_ID OPERATIONS
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/cilium/ebpf"
)

type process struct {
	Start uint64
	Ppid  uint32
	Uid   uint32
	Comm  [16]byte
}

type side struct {
	counters, records *ebpf.Map
	operations        uint32
}

func (s side) lookup() (uint64, error) {
	var checksum, value uint64
	entries := s.counters.MaxEntries()
	for i := uint32(0); i < s.operations; i++ {
		key := i % entries
		if err := s.counters.Lookup(&key, &value); err != nil {
			return 0, err
		}
		checksum += value
	}
	return checksum, nil
}

func (s side) record() (uint64, error) {
	var checksum uint64
	var value process
	entries := s.records.MaxEntries()
	for i := uint32(0); i < s.operations; i++ {
		key := i % entries
		if err := s.records.Lookup(&key, &value); err != nil {
			return 0, err
		}
		checksum += uint64(value.Ppid)
	}
	return checksum, nil
}

func (s side) update() (uint64, error) {
	entries := s.counters.MaxEntries()
	for i := uint32(0); i < s.operations; i++ {
		key, value := i%entries, uint64(i)
		if err := s.counters.Put(&key, &value); err != nil {
			return 0, err
		}
	}
	return uint64(s.operations), nil
}

func (s side) delete() (uint64, error) {
	for key := uint32(0); key < s.counters.MaxEntries(); key++ {
		if err := s.counters.Delete(&key); err != nil {
			return 0, err
		}
	}
	return uint64(s.counters.MaxEntries()), nil
}

func (s side) refill() error {
	for key := uint32(0); key < s.counters.MaxEntries(); key++ {
		value := uint64(key)
		if err := s.counters.Put(&key, &value); err != nil {
			return err
		}
	}
	return nil
}

func (s side) batch() (uint64, error) {
	var cursor ebpf.MapBatchCursor
	var checksum uint64
	keys := make([]uint32, s.records.MaxEntries())
	values := make([]process, s.records.MaxEntries())
	for {
		count, err := s.records.BatchLookup(&cursor, keys, values, nil)
		for i := 0; i < count; i++ {
			checksum += uint64(keys[i] ^ values[i].Ppid)
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return checksum, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

func (s side) iterate() (uint64, error) {
	var key uint32
	var value process
	var checksum uint64
	entries := s.records.Iterate()
	for entries.Next(&key, &value) {
		checksum += uint64(key ^ value.Ppid)
	}
	return checksum, entries.Err()
}

func open(id string) (*ebpf.Map, error) {
	number, err := strconv.Atoi(id)
	if err != nil {
		return nil, err
	}
	return ebpf.NewMapFromID(ebpf.MapID(number))
}

func run() error {
	if len(os.Args) != 4 {
		return errors.New("usage: maps COUNTERS_ID RECORDS_ID OPERATIONS")
	}
	counters, err := open(os.Args[1])
	if err != nil {
		return err
	}
	records, err := open(os.Args[2])
	if err != nil {
		return err
	}
	operations, err := strconv.Atoi(os.Args[3])
	if err != nil {
		return err
	}
	s := side{counters, records, uint32(operations)}
	tasks := map[string]struct {
		run        func() (uint64, error)
		operations uint32
	}{
		"lookup":  {s.lookup, s.operations},
		"record":  {s.record, s.operations},
		"update":  {s.update, s.operations},
		"delete":  {s.delete, counters.MaxEntries()},
		"batch":   {s.batch, records.MaxEntries()},
		"iterate": {s.iterate, records.MaxEntries()},
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		task, known := tasks[lines.Text()]
		if !known {
			return fmt.Errorf("no task %q", lines.Text())
		}
		start := time.Now()
		checksum, err := task.run()
		if err != nil {
			return err
		}
		fmt.Printf("%.1f %d\n", float64(time.Since(start).Nanoseconds())/float64(task.operations), checksum)
		if lines.Text() == "delete" {
			if err := s.refill(); err != nil {
				return err
			}
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "maps:", err)
		os.Exit(1)
	}
}
