// SPDX-License-Identifier: BSD-2-Clause
//
// Go's crypto/tls as a client for tests/interop/tls.sh.
//
// usage: client HOST PORT NAME CA VERSION SUITE PATH TIMES
//
// Fetches PATH so many times, each over a connection of its own that resumes the session before it.
// The last body goes to stdout, and what was agreed on to stderr: version, suite, protocol, new or
// resumed. SUITE is the standard name; of TLS 1.3 Go lets nobody choose one.

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func suitesOf(name string) []uint16 {
	for _, suite := range tls.CipherSuites() {
		if suite.Name == name {
			return []uint16{suite.ID}
		}
	}
	return nil
}

func configOf(name, ca, version, suite string) *tls.Config {
	pem, err := os.ReadFile(ca)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{
		RootCAs:            roots,
		ServerName:         name,
		MinVersion:         versions[version],
		MaxVersion:         versions[version],
		CipherSuites:       suitesOf(suite),
		NextProtos:         []string{"h2", "http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
	}
}

func fetch(address, path string, config *tls.Config) ([]byte, tls.ConnectionState) {
	conn, err := tls.Dial("tcp", address, config)
	check(err)
	defer conn.Close()
	check(conn.SetDeadline(time.Now().Add(20 * time.Second)))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path,
		config.ServerName)
	check(err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	check(err)
	if response.StatusCode != 200 {
		check(fmt.Errorf("not a 200: %s", response.Status))
	}
	body, err := io.ReadAll(response.Body)
	check(err)
	return body, conn.ConnectionState()
}

func main() {
	args := os.Args
	if len(args) != 9 {
		check(fmt.Errorf("usage: client HOST PORT NAME CA VERSION SUITE PATH TIMES"))
	}
	config := configOf(args[3], args[4], args[5], args[6])
	times, err := strconv.Atoi(args[8])
	check(err)
	var body []byte
	var state tls.ConnectionState
	for i := 0; i < times; i++ {
		body, state = fetch(net.JoinHostPort(args[1], args[2]), args[7], config)
	}
	version, session := "TLSv1.2", "new"
	if state.Version == tls.VersionTLS13 {
		version = "TLSv1.3"
	}
	if state.DidResume {
		session = "resumed"
	}
	fmt.Fprintln(os.Stderr, version, tls.CipherSuiteName(state.CipherSuite),
		state.NegotiatedProtocol, session)
	_, err = os.Stdout.Write(body)
	check(err)
}
