package interop

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/edgelesssys/marblerun/api"
)

// recoverable is a deployment that has lost its sealing key, and what its recovery key holders have.
type recoverable struct {
	*coordinator
	keys    map[string]*rsa.PrivateKey
	secrets map[string][]byte
	doc     []byte
}

func startRecovery(t *testing.T, names []string, config object) *recoverable {
	t.Helper()
	r := &recoverable{keys: map[string]*rsa.PrivateKey{}, secrets: map[string][]byte{}}
	publicKeys := object{}
	for _, name := range names {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		r.keys[name] = key
		publicKeys[name] = publicKeyPEM(t, key.Public())
	}
	document := simpleManifest(object{"worker": object{"Package": "pkg"}})
	document["RecoveryKeys"], document["Config"] = publicKeys, config
	r.doc = toJSON(t, document)

	sealDir := t.TempDir()
	first := startCoordinatorIn(t, sealDir)
	data, err := api.ManifestSet(t.Context(), first.rest, trust(t, first), r.doc)
	must(t, err)
	for _, name := range names {
		r.secrets[name], err = api.DecryptRecoveryData(data[name], r.keys[name])
		must(t, err)
	}
	first.kill()
	must(t, os.Remove(filepath.Join(sealDir, "sealed_key")))
	r.coordinator = startCoordinatorIn(t, sealDir)
	return r
}

func (r *recoverable) wantRecovered(t *testing.T) {
	t.Helper()
	got, _, _, err := api.ManifestGet(t.Context(), r.rest, trust(t, r.coordinator))
	must(t, err)
	if !bytes.Equal(got, r.doc) {
		t.Error("another manifest is in force after recovery")
	}
}

// With several keys and no threshold everybody is needed.
func TestSDKRecoveryByAll(t *testing.T) {
	r := startRecovery(t, []string{"a", "b", "c"}, object{})
	for i, name := range []string{"c", "a", "b"} {
		remaining, _, err := api.Recover(t.Context(), r.rest, insecure(), r.secrets[name], r.keys[name])
		must(t, err)
		if remaining != 2-i {
			t.Errorf("after %d secrets %d remain", i+1, remaining)
		}
		if remaining > 0 {
			_, _, err = api.Recover(t.Context(), r.rest, insecure(), r.secrets[name], r.keys[name])
			wantError(t, err, "already used secret")
		}
	}
	r.wantRecovered(t)
}

// The secret is encrypted to the Coordinator and signed where no network is; what is sent needs no private key.
func TestSDKRecoveryByThresholdOffline(t *testing.T) {
	r := startRecovery(t, []string{"a", "b", "c"}, object{"RecoveryThreshold": 2})
	public, _, err := api.RecoveryPublicKey(t.Context(), r.rest, insecure())
	must(t, err)
	send := func(name string) (int, error) {
		digest := sha256.Sum256(r.secrets[name])
		signature, err := r.keys[name].Sign(rand.Reader, digest[:], crypto.SHA256)
		must(t, err)
		encrypted, err := api.EncryptRecoverySecretWithEphemeralKey(r.secrets[name], public)
		must(t, err)
		remaining, _, err := api.RecoverWithSignature(t.Context(), r.rest, insecure(), encrypted, signature)
		return remaining, err
	}
	// Clients of the reference see it count down from the number of all keys.
	if remaining, err := send("b"); err != nil || remaining != 2 {
		t.Fatalf("the first share: %d remain, error %v", remaining, err)
	}
	if _, err := send("b"); err == nil {
		t.Error("the same share was taken twice")
	}
	if remaining, err := send("c"); err != nil || remaining != 0 {
		t.Fatalf("the second share: %d remain, error %v", remaining, err)
	}
	r.wantRecovered(t)
}

func TestSDKUpdateByThreshold(t *testing.T) {
	c, users := startCoordinator(t), object{}
	certs := map[string]*tls.Certificate{}
	for _, name := range []string{"alice", "bob", "carol"} {
		certs[name] = selfSigned(t, name)
		users[name] = object{"Certificate": certificatePEM(certs[name]), "Roles": []string{"updater"}}
	}
	document := simpleManifest(object{"worker": object{"Package": "pkg"}})
	document["Users"], document["Config"] = users, object{"UpdateThreshold": 2}
	document["Roles"] = object{"updater": object{"ResourceType": "Manifest", "Actions": []string{"UpdateManifest"}}}
	setManifest(t, c, document)
	ctx, root := t.Context(), trust(t, c)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	document["RecoveryKeys"] = object{"new": publicKeyPEM(t, key.Public())}
	doc := toJSON(t, document)

	_, missing, count, err := api.ManifestUpdateApply(ctx, c.rest, root, doc, certs["alice"])
	must(t, err)
	slices.Sort(missing)
	if count != 1 || !slices.Equal(missing, []string{"bob", "carol"}) {
		t.Fatalf("missing after alice's upload: %d %v", count, missing)
	}
	_, _, _, err = api.ManifestUpdateApply(ctx, c.rest, root, doc, certs["bob"])
	wantError(t, err, "update already in progress")
	_, _, count, err = api.ManifestUpdateAcknowledge(ctx, c.rest, root, doc, certs["alice"])
	must(t, err)
	if count != 1 {
		t.Errorf("agreeing twice counts twice: %d are missing", count)
	}
	recovery, missing, count, err := api.ManifestUpdateAcknowledge(ctx, c.rest, root, doc, certs["carol"])
	must(t, err)
	if count != 0 || len(missing) != 0 {
		t.Errorf("missing after the threshold is met: %d %v", count, missing)
	}
	if _, err := api.DecryptRecoveryData(recovery["new"], key); err != nil {
		t.Errorf("the new recovery secret: %v", err)
	}
	_, _, _, err = api.VerifyMarbleRunDeployment(ctx, c.rest, insecure(), doc)
	must(t, err)
}
