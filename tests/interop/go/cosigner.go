package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// cosigner is a note.Verifier for C2SP tlog-cosignature's `cosignature/v1`, type 0x04: the toolchain knows type 0x01 only.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (witness cosigner) Name() string    { return witness.name }
func (witness cosigner) KeyHash() uint32 { return witness.hash }

// Verify takes 8 bytes of time and an Ed25519 signature over that time and the checkpoint.
func (witness cosigner) Verify(checkpoint, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), checkpoint)
	return ed25519.Verify(witness.key, []byte(signed), signature[8:])
}

func newCosigner(vkey string) (witness cosigner, err error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return witness, errors.New("not NAME+ID+KEY")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return witness, errors.New("not a key for cosignature/v1")
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", id[:4]) != parts[1] {
		return witness, errors.New("its ID is another key's")
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(id[:4]), key[1:]}, nil
}
