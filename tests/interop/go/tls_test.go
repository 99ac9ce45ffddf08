package interop

import (
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/edgelesssys/marblerun/coordinator/rpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type tlsCase struct {
	name    string
	version uint16
	curves  []tls.CurveID
	suites  []uint16 // TLS 1.2 only
	works   bool
}

// What clients may be restricted to, against a Coordinator whose certificates are on the curve `own`.
func tlsCases(own tls.CurveID) []tlsCase {
	out := []tlsCase{
		{name: "P-256 after ML-KEM", curves: []tls.CurveID{tls.X25519MLKEM768, tls.CurveP256}, works: true},
		{name: "X25519 after ML-KEM", curves: []tls.CurveID{tls.X25519MLKEM768, tls.X25519}, works: true},
		// OpenSSL 3.0 has no ML-KEM: a client that insists on it is refused.
		{name: "only X25519MLKEM768", version: tls.VersionTLS13, curves: []tls.CurveID{tls.X25519MLKEM768}},
		{name: "AES-128", version: tls.VersionTLS12, suites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, works: true},
		{name: "AES-256", version: tls.VersionTLS12, suites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, works: true},
		{name: "CBC", version: tls.VersionTLS12, suites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
		{name: "TLS 1.1", version: tls.VersionTLS11},
		{name: "TLS 1.2 X25519 and own", version: tls.VersionTLS12, curves: []tls.CurveID{tls.X25519, own}, works: true},
	}
	for name, group := range map[string]tls.CurveID{"P-256": tls.CurveP256, "P-384": tls.CurveP384, "P-521": tls.CurveP521, "X25519": tls.X25519} {
		only := []tls.CurveID{group}
		out = append(out,
			tlsCase{name: "TLS 1.3 only " + name, version: tls.VersionTLS13, curves: only, works: true},
			// In TLS 1.2 the groups of a client also say on which curves it takes certificates (RFC 8422, 5.1).
			tlsCase{name: "TLS 1.2 only " + name, version: tls.VersionTLS12, curves: only, works: group == own})
	}
	return out
}

func (test tlsCase) apply(config *tls.Config) {
	config.CurvePreferences, config.CipherSuites = test.curves, test.suites
	if test.version != 0 {
		config.MinVersion, config.MaxVersion = test.version, test.version
	}
}

func TestTLSMatrix(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS mode narrows what a client may offer; TestFIPS runs the others in it")
	}
	t.Run("p256", func(t *testing.T) { testTLSMatrix(t, "p256", tls.CurveP256, elliptic.P256()) })
	t.Run("p384", func(t *testing.T) { testTLSMatrix(t, "p384", tls.CurveP384, elliptic.P384()) })
}

func testTLSMatrix(t *testing.T, name string, own tls.CurveID, curve elliptic.Curve) {
	c, cert := startCoordinator(t, "EDG_COORDINATOR_CURVE="+name), selfSignedOn(t, "MarbleRun Marble", curve)
	setManifest(t, c, simpleManifest(object{"worker": object{"Package": "pkg"}}))
	csr := newCSR(t, cert)
	for _, test := range tlsCases(own) {
		t.Run("rest "+test.name, func(t *testing.T) {
			config := &tls.Config{InsecureSkipVerify: true}
			test.apply(config)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 10 * time.Second}
			response, err := client.Get("https://" + c.rest + "/api/v2/status")
			if err == nil {
				_ = response.Body.Close()
			}
			checkHandshake(t, err, test.works)
		})
		t.Run("grpc "+test.name, func(t *testing.T) {
			marble := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, test.apply)))
			_, err := marble.Activate(t.Context(), &rpc.ActivationReq{CSR: csr, MarbleType: "worker", UUID: newUUID(t)})
			if want := map[bool]codes.Code{true: codes.OK, false: codes.Unavailable}[test.works]; status.Code(err) != want {
				t.Errorf("code %v, expected %v: %v", status.Code(err), want, err)
			}
			checkHandshake(t, err, test.works)
		})
	}
}

func TestALPN(t *testing.T) {
	c, cert := startCoordinator(t), selfSigned(t, "MarbleRun Marble")
	// HTTP/1.1 is what the client API speaks, and it says so instead of leaving it open.
	for offered, want := range map[string]string{"h2,http/1.1": "http/1.1", "http/1.1": "http/1.1", "h2": "", "": ""} {
		config := &tls.Config{InsecureSkipVerify: true}
		if offered != "" {
			config.NextProtos = strings.Split(offered, ",")
		}
		connection, err := tls.Dial("tcp", c.rest, config)
		must(t, err)
		if got := connection.ConnectionState().NegotiatedProtocol; got != want {
			t.Errorf("offered %q, negotiated %q", offered, got)
		}
		_ = connection.Close()
	}
	// The marble API is HTTP/2 or nothing.
	for _, offered := range [][]string{nil, {"http/1.1"}} {
		config := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{*cert}, NextProtos: offered}
		connection, err := tls.Dial("tcp", c.grpc, config)
		if err != nil {
			continue
		}
		_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
		if n, err := connection.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Errorf("without h2 the marble API sent %d bytes: %v", n, err)
		}
		_ = connection.Close()
	}
}

// A refused handshake ends with an alert, not with a silent close or a hang.
func checkHandshake(t *testing.T, err error, works bool) {
	t.Helper()
	if works {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil {
		t.Error("the handshake succeeded")
	} else if text := err.Error(); !strings.Contains(text, "remote error: tls:") {
		t.Errorf("no alert: %v", err)
	}
}

// Users of the reference run its clients in FIPS 140-3 mode.
func TestFIPS(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("this is the inner run")
	}
	program, err := os.Executable()
	must(t, err)
	run := exec.Command(program, "-test.run", "^(TestSDK.*|TestPremain.*|TestGRPC.*|TestMarbles.*|TestIsFIPS)$", "-test.v")
	run.Env = append(os.Environ(), "GODEBUG=fips140=on")
	output, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !strings.Contains(string(output), "FIPS mode is on") {
		t.Error("the inner run was not in FIPS mode")
	}
}

func TestIsFIPS(t *testing.T) {
	if !fips140.Enabled() {
		t.Skip("runs in the inner run of TestFIPS")
	}
	t.Log("FIPS mode is on")
}
