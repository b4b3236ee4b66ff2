package bench_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"flag"
	mathrand "math/rand/v2"
	"slices"
	"testing"

	"filippo.io/bigmod"
)

// What verification would be with a modulus that is kept: see docs/decisions/rsa-modulus.md.

var signatures = flag.Int("signatures", 4000, "compare so many signatures with crypto/rsa")

// keptModulus verifies signatures of RS256 by one key.
type keptModulus struct {
	modulus  *bigmod.Modulus
	exponent uint
	size     int
}

func newKeptModulus(tb testing.TB, k *rsa.PublicKey) *keptModulus {
	tb.Helper()
	m, err := bigmod.NewModulus(k.N.Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	return &keptModulus{m, uint(k.E), k.Size()}
}

// digestInfo begins what is signed: SHA-256, in DER (RFC 8017, 9.2).
var digestInfo = [...]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

func (k *keptModulus) verify(sum [sha256.Size]byte, signature []byte) bool {
	if len(signature) != k.size {
		return false
	}
	s, err := bigmod.NewNat().SetBytes(signature, k.modulus)
	if err != nil {
		return false
	}
	got := bigmod.NewNat().ExpShortVarTime(s, k.exponent, k.modulus).Bytes(k.modulus)
	var room [512]byte
	want := room[:k.size]
	end := k.size - len(digestInfo) - len(sum)
	want[1] = 1
	for i := 2; i < end-1; i++ {
		want[i] = 0xff
	}
	copy(want[end:], digestInfo[:])
	copy(want[end+len(digestInfo):], sum[:])
	return subtle.ConstantTimeCompare(got, want) == 1
}

// TestKeptModulusAgrees compares valid and damaged signatures with crypto/rsa.
func TestKeptModulusAgrees(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	kept, valid := newKeptModulus(t, &key.PublicKey), 0
	var signed []byte
	for i := range *signatures {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i/8)))
		if i%8 == 0 { // The seven damaged ones are of the same message.
			if signed, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
				t.Fatal(err)
			}
		}
		signature := slices.Clone(signed)
		damage(i, &sum, &signature, key)
		want := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) == nil
		if got := kept.verify(sum, signature); got != want {
			t.Fatalf("signature %d: got %v, crypto/rsa says %v: %x", i, got, want, signature)
		}
		if want {
			valid++
		}
	}
	if want := (*signatures + 7) / 8; valid != want {
		t.Errorf("%d signatures are valid, want %d", valid, want)
	}
}

// damage makes all but each eighth signature invalid, in seven ways.
func damage(i int, sum *[sha256.Size]byte, signature *[]byte, key *rsa.PrivateKey) {
	s := *signature
	switch i % 8 {
	case 1:
		s[mathrand.IntN(len(s))] ^= 1 << mathrand.IntN(8)
	case 2:
		sum[mathrand.IntN(len(sum))] ^= 1 << mathrand.IntN(8)
	case 3:
		*signature = s[:mathrand.IntN(len(s))]
	case 4:
		*signature = append(*signature, 0)
	case 5:
		_, _ = rand.Read(s) // It never fails.
	case 6: // Numbers that are not less than the modulus, or hardly.
		key.N.FillBytes(s)
		s[len(s)-1] += byte(i / 8)
	case 7:
		for j := range s {
			s[j] = 0xff
		}
		s[len(s)-1] = byte(i / 8)
	}
}

func BenchmarkSignature(b *testing.B) {
	b.Run("rsa", benchmarkRSA)
	b.Run("kept-modulus", func(b *testing.B) {
		f := setUp(b)
		kept := newKeptModulus(b, &f.key.PublicKey)
		b.ReportAllocs()
		for b.Loop() {
			if !kept.verify(f.digest, f.signature) {
				b.Fatal("not valid")
			}
		}
	})
}
