package interop

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgelesssys/marblerun/coordinator/manifest"
	"github.com/edgelesssys/marblerun/coordinator/rpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func userSecret(name, value string) map[string]manifest.UserSecret {
	return map[string]manifest.UserSecret{name: {Key: []byte(value)}}
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("code %v, expected %v: %v", got, want, err)
	}
}

func simpleManifest(marbles object) object {
	return object{"Packages": packages(1), "Marbles": marbles}
}

func TestGRPCStatusCodes(t *testing.T) {
	c, cert := startCoordinator(t), selfSigned(t, "MarbleRun Marble")
	connection := dial(t, c, marbleCredentials(cert, nil))
	marble, csr, ctx := rpc.NewMarbleClient(connection), newCSR(t, cert), t.Context()
	request := func(change func(*rpc.ActivationReq)) *rpc.ActivationReq {
		out := &rpc.ActivationReq{CSR: csr, MarbleType: "worker", UUID: newUUID(t)}
		change(out)
		return out
	}
	call := func(change func(*rpc.ActivationReq)) error {
		_, err := marble.Activate(ctx, request(change))
		return err
	}
	unchanged := func(*rpc.ActivationReq) {}
	wantCode(t, call(unchanged), codes.FailedPrecondition)
	setManifest(t, c, simpleManifest(object{
		"worker":  object{"Package": "pkg"},
		"limited": object{"Package": "pkg", "MaxActivations": 1},
	}))
	wantCode(t, call(unchanged), codes.OK)

	wantCode(t, call(func(r *rpc.ActivationReq) { r.MarbleType = "other" }), codes.PermissionDenied)
	wantCode(t, call(func(r *rpc.ActivationReq) { r.MarbleType = "Worker" }), codes.PermissionDenied)
	wantCode(t, call(func(r *rpc.ActivationReq) { r.MarbleType = "" }), codes.PermissionDenied)
	wantCode(t, call(func(r *rpc.ActivationReq) { r.Quote = []byte("no quote") }), codes.PermissionDenied)

	wantCode(t, call(func(r *rpc.ActivationReq) { r.CSR = nil }), codes.Internal)
	wantCode(t, call(func(r *rpc.ActivationReq) { r.CSR = []byte("no request") }), codes.Internal)
	broken := bytes.Clone(csr)
	broken[len(broken)-1] ^= 1
	wantCode(t, call(func(r *rpc.ActivationReq) { r.CSR = broken }), codes.Internal)
	huge := append(bytes.Clone(csr), make([]byte, 3<<20)...)
	wantCode(t, call(func(r *rpc.ActivationReq) { r.CSR = huge }), codes.Internal)

	// The reason that a refusal has on the client API travels as a trailer, for those who look.
	var trailer metadata.MD
	_, err := marble.Activate(ctx, request(func(r *rpc.ActivationReq) { r.MarbleType = "other" }), grpc.Trailer(&trailer))
	wantCode(t, err, codes.PermissionDenied)
	if got := trailer.Get("steelie-reason"); len(got) != 1 || got[0] != "activate.unknown_type" {
		t.Errorf("reason in the trailer: %q", got)
	}

	// A refusal does not count.
	limited := func(change func(*rpc.ActivationReq)) error {
		return call(func(r *rpc.ActivationReq) { r.MarbleType = "limited"; change(r) })
	}
	wantCode(t, limited(func(r *rpc.ActivationReq) { r.CSR = broken }), codes.Internal)
	wantCode(t, limited(func(r *rpc.ActivationReq) { r.UUID = "bad" }), codes.InvalidArgument)
	wantCode(t, limited(unchanged), codes.OK)
	wantCode(t, limited(unchanged), codes.PermissionDenied)

	for _, method := range []string{"/rpc.Marble/Deactivate", "/rpc.marble/Activate", "/grpc.health.v1.Health/Check", "/x"} {
		wantCode(t, connection.Invoke(ctx, method, request(unchanged), &rpc.ActivationResp{}), codes.Unimplemented)
	}
	// Compressed messages are not offered; saying so lets clients fall back.
	_, err = marble.Activate(ctx, request(unchanged), grpc.UseCompressor(gzip.Name))
	wantCode(t, err, codes.Unimplemented)
	// The connection has survived all of it, and metadata does not disturb.
	withMetadata := metadata.AppendToOutgoingContext(ctx, "x-trace", "1", "x-bin", "\x00\xff")
	_, err = marble.Activate(withMetadata, request(unchanged))
	wantCode(t, err, codes.OK)
}

func TestGRPCUUIDs(t *testing.T) {
	c, cert := startCoordinator(t), selfSigned(t, "MarbleRun Marble")
	setManifest(t, c, simpleManifest(object{"worker": object{
		"Package": "pkg", "Parameters": object{"Env": object{"SEAL": "{{ hex .MarbleRun.SealKey }}"}}}}))
	marble, csr := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, nil))), newCSR(t, cert)
	activate := func(uuid string) (*rpc.ActivationResp, error) {
		return marble.Activate(t.Context(), &rpc.ActivationReq{CSR: csr, MarbleType: "worker", UUID: uuid})
	}
	var keys []string
	const plain = "c0ffee00-1234-5678-9abc-def012345678"
	for _, uuid := range []string{
		plain, strings.ToUpper(plain), "urn:uuid:" + plain, "URN:UUID:" + plain, "{" + plain + "}", "x" + plain + "y",
		strings.ReplaceAll(plain, "-", ""),
	} {
		response, err := activate(uuid)
		if err != nil {
			t.Errorf("%q: %v", uuid, err)
			continue
		}
		keys = append(keys, string(response.Parameters.Env["SEAL"]))
	}
	for _, key := range keys {
		if key != keys[0] {
			t.Error("spellings of one UUID lead to several keys")
		}
	}
	for _, uuid := range []string{
		"", "0", "00000000-0000-0000-0000-000000000000", strings.Repeat("0", 32), plain + " ", " " + plain, plain + "\n",
		strings.Replace(plain, "c", "g", 1), strings.ReplaceAll(plain, "-", ":"), strings.Repeat("a", 1<<20), "\x00",
		"urn:uuid:{" + plain + "}",
	} {
		_, err := activate(uuid)
		wantCode(t, err, codes.InvalidArgument)
	}
}

func TestGRPCLargeMessages(t *testing.T) {
	c, cert := startCoordinator(t), selfSigned(t, "MarbleRun Marble")
	file := func(size int) object {
		content := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, size))
		return object{"Package": "pkg", "Parameters": object{
			"Files": object{"/f": object{"Data": content, "Encoding": "base64", "NoTemplates": true}}}}
	}
	const most = 4<<20 - 16<<10
	setManifest(t, c, simpleManifest(object{"big": file(most), "bigger": file(5 << 20)}))
	marble, csr, ctx := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, nil))), newCSR(t, cert), t.Context()
	request := func(marbleType string, padding int) *rpc.ActivationReq {
		return &rpc.ActivationReq{CSR: csr, MarbleType: marbleType, UUID: newUUID(t), Quote: make([]byte, padding)}
	}
	response, err := marble.Activate(ctx, request("big", 0))
	must(t, err)
	if got := response.Parameters.Files["/f"]; len(got) != most || bytes.Count(got, []byte{0xa5}) != most {
		t.Errorf("a file of %d bytes arrived with %d", most, len(got))
	}
	// grpc-go refuses to receive more than 4 MiB unless told otherwise. That is the marble's limit, not ours.
	_, err = marble.Activate(ctx, request("bigger", 0))
	wantCode(t, err, codes.ResourceExhausted)
	response, err = marble.Activate(ctx, request("bigger", 0), grpc.MaxCallRecvMsgSize(6<<20))
	must(t, err)
	if got := len(response.Parameters.Files["/f"]); got != 5<<20 {
		t.Errorf("a file of %d bytes arrived with %d", 5<<20, got)
	}

	_, err = marble.Activate(ctx, request("big", 4<<20-4096))
	wantCode(t, err, codes.PermissionDenied) // received; the evidence is nonsense
	for _, size := range []int{4 << 20, 16 << 20} {
		_, err = marble.Activate(ctx, request("big", size))
		wantCode(t, err, codes.ResourceExhausted)
	}
	_, err = marble.Activate(ctx, request("big", 0))
	wantCode(t, err, codes.OK)
}

func TestGRPCDeadlineAndCancel(t *testing.T) {
	c, cert := startCoordinator(t), selfSigned(t, "MarbleRun Marble")
	setManifest(t, c, simpleManifest(object{"worker": object{"Package": "pkg"}}))
	marble := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, nil)))
	request := &rpc.ActivationReq{CSR: newCSR(t, cert), MarbleType: "worker", UUID: newUUID(t)}
	_, err := marble.Activate(t.Context(), request)
	must(t, err)
	short, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err = marble.Activate(short, request)
	wantCode(t, err, codes.DeadlineExceeded)
	for range 20 {
		cancelled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Microsecond, cancel)
		_, err = marble.Activate(cancelled, request)
		if code := status.Code(err); code != codes.OK && code != codes.Canceled {
			t.Errorf("a cancelled call ended with %v", err)
		}
	}
	generous, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = marble.Activate(generous, request)
	must(t, err)
}

func TestGRPCClientCertificateIsRequired(t *testing.T) {
	c := startCoordinator(t)
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			creds := marbleCredentials(nil, func(config *tls.Config) { config.MaxVersion = version })
			_, err := rpc.NewMarbleClient(dial(t, c, creds)).Activate(t.Context(), &rpc.ActivationReq{})
			wantCode(t, err, codes.Unavailable)
		})
	}
}

// Of 200 marbles that start at once, exactly as many as the limit says are admitted.
func TestLimitUnderConcurrency(t *testing.T) {
	const limit, tries, connections = 100, 200, 10
	sealDir := t.TempDir()
	c, cert := startCoordinatorIn(t, sealDir), selfSigned(t, "MarbleRun Marble")
	setManifest(t, c, simpleManifest(object{"limited": object{"Package": "pkg", "MaxActivations": limit}}))
	csr := newCSR(t, cert)
	var admitted, refused atomic.Int32
	var all sync.WaitGroup
	for range connections {
		marble := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, nil)))
		for range tries / connections {
			request := &rpc.ActivationReq{CSR: csr, MarbleType: "limited", UUID: newUUID(t)}
			all.Go(func() {
				switch _, err := marble.Activate(t.Context(), request); status.Code(err) {
				case codes.OK:
					admitted.Add(1)
				case codes.PermissionDenied:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if admitted.Load() != limit || refused.Load() != tries-limit {
		t.Errorf("%d admitted and %d refused, expected %d and %d", admitted.Load(), refused.Load(), limit, tries-limit)
	}
	c.kill()
	c = startCoordinatorIn(t, sealDir)
	request := &rpc.ActivationReq{CSR: csr, MarbleType: "limited", UUID: newUUID(t)}
	_, err := rpc.NewMarbleClient(dial(t, c, marbleCredentials(cert, nil))).Activate(t.Context(), request)
	wantCode(t, err, codes.PermissionDenied)
}
