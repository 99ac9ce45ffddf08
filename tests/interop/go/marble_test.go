package interop

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgelesssys/marblerun/api"
	"github.com/edgelesssys/marblerun/coordinator/rpc"
	"github.com/edgelesssys/marblerun/marble/premain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// marbleVariable makes the test program behave as a marble: it activates itself and tells what it got.
const marbleVariable = "STEELIE_INTEROP_MARBLE"

// marbleReport is what the marble prints: its view of the parameters after premain.
type marbleReport struct {
	Args     []string
	Env      map[string]string
	Files    map[string][]byte
	Counters []uint64
}

func TestMain(m *testing.M) {
	if os.Getenv(marbleVariable) == "" {
		os.Exit(m.Run())
	}
	if err := runMarble(); err != nil {
		fmt.Fprintln(os.Stderr, "marble:", err)
		os.Exit(1)
	}
}

func runMarble() error {
	files := strings.Fields(os.Getenv("STEELIE_INTEROP_FILES"))
	rest := os.Getenv("STEELIE_INTEROP_REST")
	if err := premain.PreMainMock(); err != nil {
		return err
	}
	report := marbleReport{Args: os.Args, Env: map[string]string{}, Files: map[string][]byte{}}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		report.Env[name] = value
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		report.Files[name] = content
	}
	if rest != "" {
		for _, value := range []uint64{2, 3, 1, 1 << 63} {
			before, err := api.SetMonotonicCounter(context.Background(), rest, "foo", value)
			if err != nil {
				return err
			}
			report.Counters = append(report.Counters, before)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// startMarble runs the reference's own start-up code in a process of its own.
func startMarble(t *testing.T, c *coordinator, marbleType, dir string, env ...string) (*marbleReport, error) {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	marble := exec.Command(program)
	marble.Dir = dir
	marble.Env = append([]string{
		marbleVariable + "=1",
		"EDG_MARBLE_TYPE=" + marbleType,
		"EDG_MARBLE_COORDINATOR_ADDR=" + c.grpc,
		"EDG_MARBLE_DNS_NAMES=localhost,marble.test,10.1.2.3",
		"GODEBUG=" + os.Getenv("GODEBUG"),
	}, env...)
	var stderr bytes.Buffer
	marble.Stderr = &stderr
	output, err := marble.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var report marbleReport
	must(t, json.Unmarshal(output, &report))
	return &report, nil
}

func marbleManifest(dir string, user *tls.Certificate) object {
	return object{
		"Packages": packages(1),
		"Marbles": object{
			"worker": object{
				"Package": "pkg",
				"Parameters": object{
					"Argv": []string{"./worker", "--level", "{{ hex .Secrets.shared }}"},
					"Files": object{
						filepath.Join(dir, "deep/er/plain"): "just text",
						filepath.Join(dir, "shared.bin"):    "{{ raw .Secrets.shared }}",
						filepath.Join(dir, "encoded"):       object{"Data": "AP/+e3s=", "Encoding": "base64", "NoTemplates": true},
					},
					"Env": object{
						"SHARED":   "{{ hex .Secrets.shared }}",
						"OWN":      "{{ base64 .Secrets.own }}",
						"SEAL":     "{{ hex .MarbleRun.SealKey }}",
						"GREETING": "hello <&> there",
						"CERT":     "{{ pem .Secrets.cert.Cert }}",
					},
				},
			},
			"limited": object{"Package": "pkg", "MaxActivations": 1},
			"waiting": object{"Package": "pkg", "Parameters": object{"Env": object{"TOKEN": "{{ string .Secrets.token }}"}}},
			"tunnel":  object{"Package": "pkg", "TLS": []string{"web"}},
		},
		"Secrets": object{
			"shared": object{"Type": "symmetric-key", "Size": 128, "Shared": true},
			"own":    object{"Type": "symmetric-key", "Size": 256},
			"cert":   object{"Type": "cert-ecdsa", "Size": 256, "Shared": true},
			"token":  object{"Type": "plain", "UserDefined": true},
		},
		"Users": object{"owner": object{"Certificate": certificatePEM(user), "Roles": []string{"write"}}},
		"Roles": object{"write": object{"ResourceType": "Secrets", "ResourceNames": []string{"token"}, "Actions": []string{"WriteSecret"}}},
		"TLS": object{"web": object{
			"Outgoing": []object{{"Addr": "db.test", "Port": "5432"}},
			"Incoming": []object{{"Port": "8443"}},
		}},
		"Config": object{"FeatureGates": []string{"MonotonicCounter"}},
	}
}

func setManifest(t *testing.T, c *coordinator, document object) {
	t.Helper()
	_, err := api.ManifestSet(t.Context(), c.rest, trust(t, c), toJSON(t, document))
	must(t, err)
}

func TestPremain(t *testing.T) {
	c, dir := startCoordinator(t), t.TempDir()
	_, err := startMarble(t, c, "worker", dir)
	wantError(t, err, wrongState)
	setManifest(t, c, marbleManifest(dir, selfSigned(t, "owner")))

	plain, shared, encoded := filepath.Join(dir, "deep/er/plain"), filepath.Join(dir, "shared.bin"), filepath.Join(dir, "encoded")
	files := "STEELIE_INTEROP_FILES=" + strings.Join([]string{plain, shared, encoded}, " ")
	first, err := startMarble(t, c, "worker", dir, files, "STEELIE_INTEROP_REST="+c.rest)
	must(t, err)
	if got := strings.Join(first.Args, "|"); got != "./worker|--level|{{ hex .Secrets.shared }}" {
		t.Errorf("arguments: %s", got)
	}
	if string(first.Files[plain]) != "just text" || !bytes.Equal(first.Files[encoded], []byte("\x00\xff\xfe{{")) {
		t.Errorf("files: %q", first.Files)
	}
	if fmt.Sprintf("%x", first.Files[shared]) != first.Env["SHARED"] || len(first.Files[shared]) != 16 {
		t.Error("the shared key differs between file and variable")
	}
	if first.Env["GREETING"] != "hello <&> there" || len(first.Env["OWN"]) != 44 || len(first.Env["SEAL"]) < 32 {
		t.Errorf("environment: %q", first.Env)
	}
	checkCredentials(t, first)
	if fmt.Sprint(first.Counters) != "[0 2 3 3]" {
		t.Errorf("values before each step of the counter: %v", first.Counters)
	}

	uuid, err := os.ReadFile(filepath.Join(dir, "uuid"))
	must(t, err)
	if !strings.Contains(c.log.String(), string(uuid)) {
		t.Errorf("the Coordinator does not know the UUID %q of the file", uuid)
	}
	again, err := startMarble(t, c, "worker", dir)
	must(t, err)
	other, err := startMarble(t, c, "worker", t.TempDir())
	must(t, err)
	if again.Env["SEAL"] != first.Env["SEAL"] || again.Env["OWN"] != first.Env["OWN"] {
		t.Error("a restarted marble got other keys")
	}
	if other.Env["SEAL"] == first.Env["SEAL"] || other.Env["OWN"] == first.Env["OWN"] || other.Env["SHARED"] != first.Env["SHARED"] {
		t.Error("keys of two marbles: own ones must differ, shared ones must not")
	}
}

// checkCredentials: key and chain fit, and verify under both roots with the names that the marble asked for.
func checkCredentials(t *testing.T, report *marbleReport) {
	t.Helper()
	chain := report.Env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"]
	pair, err := tls.X509KeyPair([]byte(chain), []byte(report.Env["MARBLE_PREDEFINED_PRIVATE_KEY"]))
	must(t, err)
	if len(pair.Certificate) != 2 {
		t.Fatalf("the chain has %d certificates", len(pair.Certificate))
	}
	intermediate, err := x509.ParseCertificate(pair.Certificate[1])
	must(t, err)
	intermediates := x509.NewCertPool()
	intermediates.AddCert(intermediate)
	for _, root := range []string{"MARBLE_PREDEFINED_ROOT_CA", "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"} {
		for _, name := range []string{"localhost", "marble.test", "10.1.2.3"} {
			roots := x509.NewCertPool()
			if !roots.AppendCertsFromPEM([]byte(report.Env[root])) {
				t.Fatalf("%s holds no certificate", root)
			}
			options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
			if _, err := pair.Leaf.Verify(options); err != nil {
				t.Errorf("%s for %s: %v", root, name, err)
			}
		}
	}
}

func TestPremainLimit(t *testing.T) {
	c := startCoordinator(t)
	setManifest(t, c, marbleManifest(t.TempDir(), selfSigned(t, "owner")))
	report, err := startMarble(t, c, "limited", t.TempDir())
	must(t, err)
	if got := strings.Join(report.Args, "|"); got != "./marble" {
		t.Errorf("arguments of a marble without any: %s", got)
	}
	_, err = startMarble(t, c, "limited", t.TempDir())
	wantError(t, err, "reached max activations count")
	_, err = startMarble(t, c, "unheard-of", t.TempDir())
	wantError(t, err, "unknown marble type")
}

func TestPremainWaitsForSecret(t *testing.T) {
	c, owner := startCoordinator(t), selfSigned(t, "owner")
	setManifest(t, c, marbleManifest(t.TempDir(), owner))
	_, err := startMarble(t, c, "waiting", t.TempDir())
	wantError(t, err, "TOKEN")
	must(t, api.SecretSet(t.Context(), c.rest, trust(t, c), owner, userSecret("token", "here it is")))
	report, err := startMarble(t, c, "waiting", t.TempDir())
	must(t, err)
	if report.Env["TOKEN"] != "here it is" {
		t.Errorf("uploaded secret arrived as %q", report.Env["TOKEN"])
	}
}

func TestPremainTransparentTLS(t *testing.T) {
	c := startCoordinator(t)
	setManifest(t, c, marbleManifest(t.TempDir(), selfSigned(t, "owner")))
	report, err := startMarble(t, c, "tunnel", t.TempDir())
	must(t, err)
	config := report.Env["MARBLE_TTLS_CONFIG"]
	if !strings.HasPrefix(config, `{"tls":{"Incoming":{"*:8443":{"cacrt":"-----BEGIN CERTIFICATE-----\n`) {
		t.Errorf("beginning of the configuration: %.80s", config)
	}
	var parsed struct {
		TLS map[string]map[string]struct {
			CACrt, CliCrt, CliKey string
			ClientAuth            bool
		}
	}
	must(t, json.Unmarshal([]byte(config), &parsed))
	for direction, key := range map[string]string{"Incoming": "*:8443", "Outgoing": "db.test:5432"} {
		entry, ok := parsed.TLS[direction][key]
		if !ok {
			t.Fatalf("no entry %s for %s", direction, key)
		}
		_, err := tls.X509KeyPair([]byte(entry.CliCrt), []byte(entry.CliKey))
		must(t, err)
	}
	// The variant for library operating systems has no transparent TLS.
	_, err = activateLikePremain(t, c, "tunnel", premain.ActivateRPCNoTTLS)
	if err == nil {
		t.Error("a marble without transparent TLS was started although the manifest asks for it")
	}
	parameters, err := activateLikePremain(t, c, "worker", premain.ActivateRPCNoTTLS)
	must(t, err)
	if len(parameters.Files) != 3 {
		t.Errorf("%d files", len(parameters.Files))
	}
}

func activateLikePremain(t *testing.T, c *coordinator, marbleType string, activate premain.ActivateFunc) (*rpc.Parameters, error) {
	cert := selfSigned(t, "MarbleRun Marble")
	request := &rpc.ActivationReq{CSR: newCSR(t, cert), MarbleType: marbleType, UUID: newUUID(t)}
	return activate(request, c.grpc, marbleCredentials(cert, nil))
}

// Two marbles talk to each other over mutual TLS with what they were given; after a restart of the Coordinator, too.
func TestMarblesTrustEachOther(t *testing.T) {
	dir, sealDir := t.TempDir(), t.TempDir()
	c := startCoordinatorIn(t, sealDir)
	setManifest(t, c, marbleManifest(dir, selfSigned(t, "owner")))
	server, err := startMarble(t, c, "worker", t.TempDir())
	must(t, err)
	c.kill()
	c = startCoordinatorIn(t, sealDir)
	client, err := startMarble(t, c, "worker", t.TempDir())
	must(t, err)

	serverConfig := marbleTLS(t, server)
	serverConfig.ClientAuth = tls.RequireAndVerifyClientCert
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "welcome") })}
	go func() { _ = web.Serve(tls.NewListener(listener, serverConfig)) }()
	t.Cleanup(func() { _ = web.Close() })
	http1 := &http.Client{Transport: &http.Transport{TLSClientConfig: marbleTLS(t, client)}}
	response, err := http1.Get("https://" + withLocalhost(listener.Addr().String()))
	must(t, err)
	body, err := io.ReadAll(response.Body)
	must(t, errors.Join(err, response.Body.Close()))
	if string(body) != "welcome" {
		t.Errorf("the other marble says %q", body)
	}
}

func marbleTLS(t *testing.T, report *marbleReport) *tls.Config {
	pair, err := tls.X509KeyPair([]byte(report.Env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"]), []byte(report.Env["MARBLE_PREDEFINED_PRIVATE_KEY"]))
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(report.Env["MARBLE_PREDEFINED_ROOT_CA"]))
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, ClientCAs: roots}
}

func newCSR(t *testing.T, cert *tls.Certificate) []byte {
	t.Helper()
	template := &x509.CertificateRequest{Subject: pkix.Name{}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, cert.PrivateKey)
	must(t, err)
	return der
}

func newUUID(t *testing.T) string {
	t.Helper()
	var b [16]byte
	_, err := rand.Read(b[:])
	must(t, err)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// marbleCredentials are those of a starting marble: it does not verify the server. `change` may narrow what it offers.
func marbleCredentials(cert *tls.Certificate, change func(*tls.Config)) credentials.TransportCredentials {
	config := &tls.Config{InsecureSkipVerify: true}
	if cert != nil {
		config.Certificates = []tls.Certificate{*cert}
	}
	if change != nil {
		change(config)
	}
	return credentials.NewTLS(config)
}

func dial(t *testing.T, c *coordinator, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(c.grpc, grpc.WithTransportCredentials(creds))
	must(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}
