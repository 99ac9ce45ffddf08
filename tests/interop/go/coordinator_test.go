package interop

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// coordinator is a running Coordinator in simulation mode, on ports of its own choice.
type coordinator struct {
	rest, grpc string
	sealDir    string
	cmd        *exec.Cmd
	log        *logBuffer
}

// logBuffer keeps what the Coordinator logged. It is written by one goroutine and read by tests.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) add(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.WriteString(line + "\n")
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// startCoordinator starts one with a fresh seal directory; it ends with the test.
func startCoordinator(t *testing.T, env ...string) *coordinator {
	t.Helper()
	return startCoordinatorIn(t, t.TempDir(), env...)
}

func startCoordinatorIn(t *testing.T, sealDir string, env ...string) *coordinator {
	t.Helper()
	program := os.Getenv("STEELIE_COORDINATOR")
	if program == "" {
		t.Fatal("STEELIE_COORDINATOR must name the program to test")
	}
	c := &coordinator{sealDir: sealDir, log: &logBuffer{}}
	c.cmd = exec.Command(program)
	c.cmd.Env = append([]string{
		"OE_SIMULATION=1",
		"EDG_COORDINATOR_MESH_ADDR=127.0.0.1:0",
		"EDG_COORDINATOR_CLIENT_ADDR=127.0.0.1:0",
		"EDG_COORDINATOR_SEAL_DIR=" + sealDir,
		"PATH=" + os.Getenv("PATH"),
	}, env...)
	// It must not outlive the tests, however they end.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := c.cmd.StderrPipe()
	must(t, err)
	must(t, c.cmd.Start())
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("log of the Coordinator:\n%s", c.log)
		}
	})
	ready := make(chan bool, 1)
	go c.follow(stderr, ready)
	select {
	case ok := <-ready:
		if !ok {
			t.Fatalf("the Coordinator ended before it was ready:\n%s", c.log)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("the Coordinator is not ready after 30 seconds:\n%s", c.log)
	}
	return c
}

// follow reads the log, finds the addresses in it and reports once whether the Coordinator came up.
func (c *coordinator) follow(stderr io.Reader, ready chan<- bool) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c.log.add(lines.Text())
		var entry struct{ Msg, GrpcAddr, Address string }
		if json.Unmarshal(lines.Bytes(), &entry) != nil {
			continue
		}
		switch entry.Msg {
		case "Started gRPC server":
			c.grpc = withLocalhost(entry.GrpcAddr)
		case "Starting client https server":
			// The last step of the start. The port has been open for a while.
			c.rest = withLocalhost(entry.Address)
			ready <- true
		}
	}
	select {
	case ready <- false:
	default:
	}
}

// The certificates hold `localhost` as name.
func withLocalhost(address string) string {
	return "localhost:" + address[strings.LastIndex(address, ":")+1:]
}

func (c *coordinator) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected one with %q", text)
	}
	if !strings.Contains(err.Error(), text) {
		t.Fatalf("error %q does not contain %q", err, text)
	}
}

// selfSigned makes a client certificate as users and starting marbles have one.
func selfSigned(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	return selfSignedOn(t, name, elliptic.P384())
}

func selfSignedOn(t *testing.T, name string, curve elliptic.Curve) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func certificatePEM(cert *tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
}

func publicKeyPEM(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// object is a JSON object, for manifests.
type object = map[string]any

func toJSON(t *testing.T, value any) []byte {
	t.Helper()
	out, err := json.Marshal(value)
	must(t, err)
	return out
}

// packages holds the one package that all manifests here use. In simulation any marble without evidence matches it.
func packages(securityVersion int) object {
	return object{"pkg": object{"SignerID": strings.Repeat("ab", 32), "ProductID": 1, "SecurityVersion": securityVersion}}
}
