package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ownCertificate is what --https speaks with. file is the PEM file that clients have
// to trust, "" for one of the user's own.
type ownCertificate struct {
	tls.Certificate
	file string
}

const (
	certificateLifetime = 365 * 24 * time.Hour
	certificateRenewal  = 14 * 24 * time.Hour
)

// certificateFor returns the certificate of the settings, or the program's own, which
// is made once and kept, so that it has to be trusted once.
func certificateFor(s settings) (*ownCertificate, error) {
	if s.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, fmt.Errorf("--cert and --key: %w", err)
		}
		return &ownCertificate{Certificate: pair}, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "clerkgo-emulator")
	names := []string{"localhost", "*.localhost"}
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	for _, name := range []string{s.name, s.host} {
		switch ip := net.ParseIP(name); {
		case name == "" || slices.Contains(names, name):
		case ip == nil:
			names = append(names, name)
		case !ip.IsLoopback() && !ip.IsUnspecified():
			addresses = append(addresses, ip)
		}
	}
	file, keyFile := filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	if pair, err := tls.LoadX509KeyPair(file, keyFile); err == nil && serves(pair.Leaf, names, addresses) {
		return &ownCertificate{pair, file}, nil
	}
	certPEM, keyPEM, err := makeCertificate(names, addresses)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	for name, content := range map[string][]byte{file: certPEM, keyFile: keyPEM} {
		if err := replaceFile(name, content); err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	return &ownCertificate{pair, file}, err
}

// serves reports whether a kept certificate is still good for these names.
func serves(leaf *x509.Certificate, names []string, addresses []net.IP) bool {
	if leaf == nil || time.Until(leaf.NotAfter) < certificateRenewal {
		return false
	}
	for _, name := range names {
		if !slices.Contains(leaf.DNSNames, name) {
			return false
		}
	}
	for _, ip := range addresses {
		if !slices.ContainsFunc(leaf.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

func makeCertificate(names []string, addresses []net.IP) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "clerkgo emulator on this machine"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: names, IPAddresses: addresses, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}
