package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkReceipt checks a C2SP tlog-proof whose `extra` is the entry itself.
func checkReceipt(path string, known keys) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof with an entry in it")
	}
	extra, hasExtra := strings.CutPrefix(lines[1], "extra ")
	number, hasIndex := strings.CutPrefix(lines[2], "index ")
	if !hasExtra || !hasIndex {
		return errors.New("not a tlog-proof with an entry in it")
	}
	entry, err := base64.StdEncoding.Strict().DecodeString(extra)
	if err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	index, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return fmt.Errorf("proof: %w", err)
		}
		proof = append(proof, hash)
	}
	tree, by, err := known.open([]byte(checkpoint))
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if index < 0 || index >= tree.N {
		return fmt.Errorf("entry %d is not below the checkpoint's %d", index, tree.N)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("receipt      entry %d of %d, %d bytes, signed by %s\n", index, tree.N, len(entry), strings.Join(by, " and "))
	return nil
}
