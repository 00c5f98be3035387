// Checks what `quorate export` and a receipt say with the packages of the Go toolchain, golang.org/x/mod/sumdb/note and
// golang.org/x/mod/sumdb/tlog: those with which every `go get` checks Go's own log of modules. What is here only reads
// files and C2SP's framing; every signature, hash and proof is judged by those two packages.
//
//	quorate-go log FOLDER VKEY [WITNESS-VKEY…]     an exported folder; every witness that is named must have cosigned it
//	quorate-go receipt FILE VKEY [WITNESS-VKEY…]   a .tlog-proof
//
// Exit code 0: it holds; 1: it does not, or cannot be read; 2: wrong usage.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	checks := map[string]func(string, keys) error{"log": checkLog, "receipt": checkReceipt}
	if len(os.Args) < 4 || checks[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: quorate-go log FOLDER VKEY [WITNESS-VKEY…] | receipt FILE VKEY [WITNESS-VKEY…]")
		os.Exit(2)
	}
	known, err := readKeys(os.Args[3], os.Args[4:])
	if err == nil {
		err = checks[os.Args[1]](os.Args[2], known)
	}
	if err != nil {
		fmt.Println("REJECTED:", err)
		os.Exit(1)
	}
}

// keys are those that the caller trusts; none is ever taken from what is checked.
type keys struct {
	log       note.Verifier
	witnesses []note.Verifier
}

func readKeys(log string, witnesses []string) (known keys, err error) {
	if known.log, err = note.NewVerifier(log); err != nil {
		return known, fmt.Errorf("the log's key: %w", err)
	}
	for _, text := range witnesses {
		witness, err := newCosigner(text)
		if err != nil {
			return known, fmt.Errorf("the witness key %q: %w", text, err)
		}
		known.witnesses = append(known.witnesses, witness)
	}
	return known, nil
}

// open reads a checkpoint that the log and all named witnesses have signed.
func (known keys) open(text []byte) (tree tlog.Tree, by []string, err error) {
	opened, err := note.Open(text, note.VerifierList(append([]note.Verifier{known.log}, known.witnesses...)...))
	if err != nil {
		return tree, nil, err
	}
	signed := map[uint32]bool{}
	for _, signature := range opened.Sigs {
		signed[signature.Hash] = true
		by = append(by, signature.Name)
	}
	for _, key := range append([]note.Verifier{known.log}, known.witnesses...) {
		if !signed[key.KeyHash()] {
			return tree, nil, fmt.Errorf("%s has not signed it", key.Name())
		}
	}
	// tlog reads the checkpoints of Go's own log, whose origin is a constant.
	head, ok := strings.CutPrefix(opened.Text, known.log.Name()+"\n")
	if !ok {
		return tree, nil, errors.New("the checkpoint is of another log than the key")
	}
	tree, err = tlog.ParseTree([]byte("go.sum database tree\n" + head))
	return tree, by, err
}

// checkLog checks a whole folder: its checkpoint, every tile, every entry, one proof an entry, and older checkpoints.
func checkLog(folder string, known keys) error {
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, by, err := known.open(text)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Printf("checkpoint   %d entries, root %s, signed by %s\n", tree.N, tree.Hash, strings.Join(by, " and "))

	// TileHashReader hands out a hash only once its tile is proven to be in the tree.
	proven := tlog.TileHashReader(tree, tiles(folder))
	count := 0
	for level := 0; tree.N>>(8*level) > 0; level++ {
		for first := int64(0); first < tree.N>>(8*level); first += 256 {
			if _, err := proven.ReadHashes([]int64{tlog.StoredHashIndex(8*level, first)}); err != nil {
				return fmt.Errorf("tiles: %w", err)
			}
			count++
		}
	}
	fmt.Printf("tiles        %d proven to be in the tree\n", count)

	// The entries, hashed anew into a tree that knows nothing of the tiles.
	var built []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, err error) {
		for _, index := range indexes {
			hashes = append(hashes, built[index])
		}
		return hashes, nil
	})
	for first := int64(0); first < tree.N; first += 256 {
		entries, err := readBundle(folder, first, min(256, tree.N-first))
		if err != nil {
			return err
		}
		for offset, entry := range entries {
			index := first + int64(offset)
			hashes, err := tlog.StoredHashes(index, entry, own)
			if err != nil {
				return err
			}
			built = append(built, hashes...)
			proof, err := tlog.ProveRecord(tree.N, index, proven)
			if err == nil {
				err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
			}
			if err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	if root, err := tlog.TreeHash(tree.N, own); err != nil || root != tree.Hash {
		return fmt.Errorf("the entries hash to the root %s, not to the checkpoint's (%v)", root, err)
	}
	fmt.Printf("entries      %d hashed anew, each proven to be in the tree\n", tree.N)
	return checkOlder(folder, known, tree, proven)
}

// checkOlder proves that the log only grew since each checkpoint in `checkpoints/`.
func checkOlder(folder string, known keys, tree tlog.Tree, proven tlog.HashReader) error {
	paths, err := filepath.Glob(filepath.Join(folder, "checkpoints", "*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		old, _, err := keys{log: known.log}.open(text)
		if err == nil && fmt.Sprint(old.N) != filepath.Base(path) {
			err = fmt.Errorf("it is of %d entries", old.N)
		}
		var proof tlog.TreeProof
		if err == nil && old.N > 0 {
			if proof, err = tlog.ProveTree(tree.N, old.N, proven); err == nil {
				err = tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Printf("checkpoints  %d, the log only grew since each\n", len(paths))
	return nil
}

// tiles reads C2SP's tiles: `tile/LEVEL/…`, where Go's have their height, 8, before the level.
type tiles string

func (folder tiles) Height() int                         { return 8 }
func (folder tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (folder tiles) ReadTiles(asked []tlog.Tile) (read [][]byte, err error) {
	for _, tile := range asked {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

// readBundle reads `width` entries from entry `first` on: each after its length, 16 bits, big-endian.
func readBundle(folder string, first, width int64) (entries [][]byte, err error) {
	tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}
	path := filepath.Join(folder, strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1))
	rest, err := os.ReadFile(path)
	for err == nil && len(rest) > 0 {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, fmt.Errorf("%s ends within an entry", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		entries, rest = append(entries, rest[2:end]), rest[end:]
	}
	if err == nil && int64(len(entries)) != width {
		err = fmt.Errorf("%s has %d entries, not %d", path, len(entries), width)
	}
	return entries, err
}
