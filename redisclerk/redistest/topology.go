//go:build unix

package redistest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Sentinels is a master with a replica, watched by Sentinels.
type Sentinels struct {
	Master, Replica *Server
	Sentinel        *Server
	// Name is that of the master.
	Name string
}

// StartSentinels starts a master, a replica and a Sentinel that fails over after 500 ms.
func StartSentinels(tb testing.TB) *Sentinels {
	tb.Helper()
	s := &Sentinels{Name: "main", Master: Start(tb)}
	s.Replica = Start(tb, "--replicaof", "127.0.0.1", s.Master.port)
	s.Sentinel = prepare(tb, "127.0.0.1", FreePort(tb))
	file := filepath.Join(s.Sentinel.dir, "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nprotected-mode no\ndir %s\nsentinel monitor %s 127.0.0.1 %s 1\n"+
		"sentinel down-after-milliseconds %[3]s 500\nsentinel failover-timeout %[3]s 3000\n", s.Sentinel.port, s.Sentinel.dir, s.Name, s.Master.port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.Sentinel.command = []string{s.Sentinel.command[0], file, "--sentinel"}
	s.Sentinel.Run(tb)
	Eventually(tb, "Sentinel knows the replica", func() error {
		answer, err := s.Sentinel.Do("SENTINEL", "REPLICAS", s.Name)
		if err == nil && (!strings.Contains(answer, s.Replica.port) || !strings.Contains(answer, "master-link-status\r\n$2\r\nok")) {
			err = errors.New(answer)
		}
		return err
	})
	return s
}

// StartCluster starts a Cluster of three masters, each of which knows the node of every slot: a
// Cluster says ok before, and a client that asked then would miss a node until it asks again.
func StartCluster(tb testing.TB) []*Server {
	tb.Helper()
	const n = 3
	nodes := make([]*Server, n)
	for i := range nodes {
		nodes[i] = Start(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no")
	}
	for i, node := range nodes {
		slots := []string{"CLUSTER", "ADDSLOTS"}
		for slot := i * 16384 / n; slot < (i+1)*16384/n; slot++ {
			slots = append(slots, strconv.Itoa(slot))
		}
		for _, command := range [][]string{slots, {"CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i + 1)}} {
			if answer, err := node.Do(command...); err != nil {
				tb.Fatal(answer, err)
			}
		}
	}
	for _, node := range nodes[1:] {
		if _, err := nodes[0].Do("CLUSTER", "MEET", "127.0.0.1", node.port); err != nil {
			tb.Fatal(err)
		}
	}
	for _, node := range nodes {
		Eventually(tb, "the Cluster is up", func() error {
			answer, err := node.Do("CLUSTER", "INFO")
			for _, line := range []string{"cluster_state:ok\r\n", "cluster_slots_assigned:16384\r\n", "cluster_known_nodes:3\r\n"} {
				if err == nil && !strings.Contains(answer, line) {
					err = errors.New(answer)
				}
			}
			return err
		})
	}
	return nodes
}

// Partitioned is a server in a network namespace of its own.
type Partitioned struct{ *Server }

// StartPartitioned starts a server that can be cut off. It skips the test where no network
// namespace can be made.
func StartPartitioned(tb testing.TB) Partitioned {
	tb.Helper()
	program(tb)
	hash := fnv.New32a()
	fmt.Fprint(hash, tb.Name(), os.Getpid())
	id := hash.Sum32()
	name := fmt.Sprintf("clerk%08x", id)
	network := fmt.Sprintf("10.%d.%d.", 100+id%100, id>>8%256)
	run := func(arguments ...string) error {
		text, err := exec.Command("ip", arguments...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, text)
		}
		return err
	}
	if err := run("netns", "add", name); err != nil {
		tb.Skipf("no network namespace can be made: %v", err)
	}
	tb.Cleanup(func() { _ = run("netns", "del", name) })
	for _, arguments := range [][]string{
		{"link", "add", "h" + name, "type", "veth", "peer", "name", "eth0", "netns", name},
		{"addr", "add", network + "1/30", "dev", "h" + name},
		{"link", "set", "h" + name, "up"},
		{"-n", name, "addr", "add", network + "2/30", "dev", "eth0"},
		{"-n", name, "link", "set", "lo", "up"},
		{"-n", name, "link", "set", "eth0", "up"},
	} {
		if err := run(arguments...); err != nil {
			tb.Skipf("no network namespace can be connected: %v", err)
		}
	}
	s := prepare(tb, network+"2", FreePort(tb))
	s.Addr, s.namespace = net.JoinHostPort(network+"2", s.port), name
	s.Run(tb)
	return Partitioned{s}
}

// Cut loses every packet from and to the server, and tells nobody.
func (p Partitioned) Cut(tb testing.TB) {
	tb.Helper()
	p.link(tb, "down")
}

// Heal ends what Cut began.
func (p Partitioned) Heal(tb testing.TB) {
	tb.Helper()
	p.link(tb, "up")
}

func (p Partitioned) link(tb testing.TB, state string) {
	tb.Helper()
	if text, err := exec.Command("ip", "-n", p.namespace, "link", "set", "eth0", state).CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
}
