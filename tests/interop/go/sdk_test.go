package interop

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgelesssys/marblerun/api"
	"github.com/edgelesssys/marblerun/coordinator/manifest"
)

const wrongState = "server is not in expected state"

func insecure() api.VerifyOptions { return api.VerifyOptions{InsecureSkipVerify: true} }

// trust fetches the root certificate as SDK users do, without evidence.
func trust(t *testing.T, c *coordinator) *x509.Certificate {
	t.Helper()
	root, _, _, err := api.VerifyCoordinator(t.Context(), c.rest, insecure())
	must(t, err)
	return root
}

type sdkParties struct {
	alice, bob, stranger *tls.Certificate
	recovery             *rsa.PrivateKey
}

func newParties(t *testing.T) *sdkParties {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return &sdkParties{selfSigned(t, "alice"), selfSigned(t, "bob"), selfSigned(t, "stranger"), key}
}

func (p *sdkParties) manifest(t *testing.T) object {
	return object{
		"Packages": packages(3),
		"Marbles":  object{"worker": object{"Package": "pkg"}},
		"Secrets": object{
			"token": object{"Type": "plain", "UserDefined": true},
			"key":   object{"Type": "symmetric-key", "Size": 128, "UserDefined": true},
			"made":  object{"Type": "symmetric-key", "Size": 256, "Shared": true},
			"tls":   object{"Type": "cert-ecdsa", "Size": 256, "Shared": true, "ValidFor": 7},
		},
		"Users": object{
			"alice": object{"Certificate": certificatePEM(p.alice), "Roles": []string{"writer", "reader", "packager", "updater"}},
			"bob":   object{"Certificate": certificatePEM(p.bob), "Roles": []string{"updater"}},
		},
		"Roles": object{
			"writer":   object{"ResourceType": "Secrets", "ResourceNames": []string{"token", "key"}, "Actions": []string{"WriteSecret"}},
			"reader":   object{"ResourceType": "Secrets", "ResourceNames": []string{"token", "key", "made", "tls"}, "Actions": []string{"ReadSecret"}},
			"packager": object{"ResourceType": "Packages", "ResourceNames": []string{"pkg"}, "Actions": []string{"UpdateSecurityVersion"}},
			"updater":  object{"ResourceType": "Manifest", "Actions": []string{"UpdateManifest"}},
		},
		"RecoveryKeys": object{"holder": publicKeyPEM(t, p.recovery.Public())},
	}
}

func TestSDKBeforeManifest(t *testing.T) {
	c := startCoordinator(t)
	root := trust(t, c)
	code, message, err := api.GetStatus(t.Context(), c.rest, root)
	must(t, err)
	if code != 2 || message != "Coordinator is ready to accept a manifest." {
		t.Errorf("status is %d %q", code, message)
	}
	_, err = api.ManifestLog(t.Context(), c.rest, root)
	wantError(t, err, wrongState)
	_, _, _, err = api.ManifestGet(t.Context(), c.rest, root)
	wantError(t, err, "requested value not set")
	_, err = api.SecretGet(t.Context(), c.rest, root, selfSigned(t, "nobody"), []string{"x"})
	wantError(t, err, "unauthorized user")
	_, _, err = api.ManifestUpdateGet(t.Context(), c.rest, root)
	wantError(t, err, "no update in progress")
	_, _, err = api.RecoveryPublicKey(t.Context(), c.rest, insecure())
	wantError(t, err, wrongState)
	_, err = api.ManifestSet(t.Context(), c.rest, root, []byte(`{"Packages":`))
	wantError(t, err, "unmarshaling manifest")
	_, err = api.ManifestSet(t.Context(), c.rest, root, []byte(`{}`))
	wantError(t, err, "checking manifest")
}

func TestSDKManifest(t *testing.T) {
	c, p := startCoordinator(t), newParties(t)
	ctx, root := t.Context(), trust(t, c)
	doc := toJSON(t, p.manifest(t))
	recovery, err := api.ManifestSet(ctx, c.rest, root, doc)
	must(t, err)
	if len(recovery) != 1 || recovery["holder"] == nil {
		t.Fatalf("recovery data for %d holders", len(recovery))
	}
	secret, err := api.DecryptRecoveryData(recovery["holder"], p.recovery)
	must(t, err)
	if n := len(secret); n != 16 && n != 32 {
		t.Errorf("the recovery secret has %d bytes", n)
	}
	code, _, err := api.GetStatus(ctx, c.rest, root)
	must(t, err)
	if code != 3 {
		t.Errorf("status is %d", code)
	}
	got, fingerprint, signature, err := api.ManifestGet(ctx, c.rest, root)
	must(t, err)
	digest := sha256.Sum256(doc)
	if !bytes.Equal(got, doc) || fingerprint != hex.EncodeToString(digest[:]) {
		t.Error("another manifest or fingerprint came back")
	}
	if !ecdsa.VerifyASN1(root.PublicKey.(*ecdsa.PublicKey), digest[:], signature) {
		t.Error("the signature of the manifest does not verify under the root certificate")
	}
	_, err = api.ManifestSet(ctx, c.rest, root, doc)
	wantError(t, err, wrongState)
	_, _, _, err = api.VerifyMarbleRunDeployment(ctx, c.rest, insecure(), doc)
	must(t, err)
	_, _, _, err = api.VerifyMarbleRunDeployment(ctx, c.rest, insecure(), append(doc, ' '))
	if err == nil {
		t.Error("another manifest was taken for the one in force")
	}
	log, err := api.ManifestLog(ctx, c.rest, root)
	must(t, err)
	if len(log) != 1 || !strings.Contains(log[0], "Initial manifest set") {
		t.Errorf("update log: %q", log)
	}
}

func TestSDKSecrets(t *testing.T) {
	c, p := startCoordinator(t), newParties(t)
	ctx, root := t.Context(), trust(t, c)
	_, err := api.ManifestSet(ctx, c.rest, root, toJSON(t, p.manifest(t)))
	must(t, err)

	empty, err := api.SecretGet(ctx, c.rest, root, p.alice, []string{"token"})
	must(t, err)
	if got := empty["token"]; len(got.Private) != 0 || got.Type != "plain" || !got.UserDefined {
		t.Errorf("secret before it is set: %+v", got)
	}
	token, key := []byte("a <token> & more"), bytes.Repeat([]byte{7}, 16)
	must(t, api.SecretSet(ctx, c.rest, root, p.alice, map[string]manifest.UserSecret{"token": {Key: token}, "key": {Key: key}}))
	got, err := api.SecretGet(ctx, c.rest, root, p.alice, []string{"token", "key", "made", "tls"})
	must(t, err)
	if !bytes.Equal(got["token"].Private, token) || !bytes.Equal(got["key"].Private, key) || !bytes.Equal(got["key"].Public, key) {
		t.Error("uploaded values came back changed")
	}
	if len(got["made"].Private) != 32 || got["made"].Size != 256 || !got["made"].Shared {
		t.Error("the generated key is not 32 bytes long")
	}
	cert := got["tls"].Cert
	private, err := x509.ParsePKCS8PrivateKey(got["tls"].Private)
	must(t, err)
	if leaf := x509.Certificate(cert); !private.(*ecdsa.PrivateKey).PublicKey.Equal(leaf.PublicKey) {
		t.Error("private key and certificate of `tls` are no pair")
	}

	wrongSize := map[string]manifest.UserSecret{"token": {Key: []byte("changed")}, "key": {Key: []byte("short")}}
	wantError(t, api.SecretSet(ctx, c.rest, root, p.alice, wrongSize), "declared size and actual size don't match")
	wantError(t, api.SecretSet(ctx, c.rest, root, p.alice, map[string]manifest.UserSecret{"made": {Key: key}}), "not writeable")
	wantError(t, api.SecretSet(ctx, c.rest, root, p.bob, map[string]manifest.UserSecret{"token": {Key: token}}), "not allowed")
	wantError(t, api.SecretSet(ctx, c.rest, root, p.stranger, map[string]manifest.UserSecret{"token": {Key: token}}), "unauthorized user")
	_, err = api.SecretGet(ctx, c.rest, root, p.bob, []string{"token"})
	wantError(t, err, "is not allowed to read one or more secrets of: [token]")
	_, err = api.SecretGet(ctx, c.rest, root, p.alice, []string{"token", "unknown"})
	wantError(t, err, "is not allowed to read one or more secrets of: [token unknown]")
	again, err := api.SecretGet(ctx, c.rest, root, p.alice, []string{"token"})
	must(t, err)
	if !bytes.Equal(again["token"].Private, token) {
		t.Error("a refused upload changed a secret")
	}
}

func TestSDKPackageUpdate(t *testing.T) {
	c, p := startCoordinator(t), newParties(t)
	ctx, root := t.Context(), trust(t, c)
	doc := toJSON(t, p.manifest(t))
	_, err := api.ManifestSet(ctx, c.rest, root, doc)
	must(t, err)
	update := func(version int, as *tls.Certificate) error {
		body := toJSON(t, object{"Packages": object{"pkg": object{"SecurityVersion": version}}})
		_, missing, count, err := api.ManifestUpdateApply(ctx, c.rest, root, body, as)
		if err == nil && (len(missing) != 0 || count != 0) {
			t.Errorf("a package update waits for %d users %v", count, missing)
		}
		return err
	}
	wantError(t, update(5, p.bob), "not allowed")
	wantError(t, update(5, p.stranger), "unauthorized user")
	must(t, update(5, p.alice))
	if update(4, p.alice) == nil {
		t.Error("a package was downgraded")
	}
	log, err := api.ManifestLog(ctx, c.rest, root)
	must(t, err)
	if len(log) != 2 || !strings.Contains(log[1], `"package":"pkg"`) || !strings.Contains(log[1], `"new version":5`) {
		t.Errorf("update log: %q", log)
	}
	got, _, _, err := api.ManifestGet(ctx, c.rest, root)
	must(t, err)
	if !bytes.Equal(got, doc) {
		t.Error("a package update must not change the manifest")
	}
}

func TestSDKManifestUpdate(t *testing.T) {
	c, p := startCoordinator(t), newParties(t)
	ctx, root := t.Context(), trust(t, c)
	_, err := api.ManifestSet(ctx, c.rest, root, toJSON(t, p.manifest(t)))
	must(t, err)
	changed := p.manifest(t)
	changed["Marbles"].(object)["second"] = object{"Package": "pkg"}
	doc := toJSON(t, changed)

	_, missing, count, err := api.ManifestUpdateApply(ctx, c.rest, root, doc, p.alice)
	must(t, err)
	if count != 1 || len(missing) != 1 || missing[0] != "bob" {
		t.Fatalf("missing after alice's upload: %d %v", count, missing)
	}
	pending, missing, err := api.ManifestUpdateGet(ctx, c.rest, root)
	must(t, err)
	if !bytes.Equal(pending, doc) || len(missing) != 1 {
		t.Error("another update is pending than the one uploaded")
	}
	must(t, api.ManifestUpdateCancel(ctx, c.rest, root, p.bob))
	_, _, err = api.ManifestUpdateGet(ctx, c.rest, root)
	wantError(t, err, "no update in progress")

	_, _, _, err = api.ManifestUpdateApply(ctx, c.rest, root, doc, p.alice)
	must(t, err)
	_, _, _, err = api.ManifestUpdateAcknowledge(ctx, c.rest, root, append(doc, '\n'), p.bob)
	wantError(t, err, "does not match the pending manifest")
	_, missing, count, err = api.ManifestUpdateAcknowledge(ctx, c.rest, root, doc, p.bob)
	must(t, err)
	if count != 0 || len(missing) != 0 {
		t.Errorf("missing after all agreed: %d %v", count, missing)
	}
	got, _, _, err := api.ManifestGet(ctx, c.rest, root)
	must(t, err)
	if !bytes.Equal(got, doc) {
		t.Error("the update is not in force")
	}
}

func TestSDKRecovery(t *testing.T) {
	p, sealDir := newParties(t), t.TempDir()
	c := startCoordinatorIn(t, sealDir)
	ctx, root := t.Context(), trust(t, c)
	doc := toJSON(t, p.manifest(t))
	data, err := api.ManifestSet(ctx, c.rest, root, doc)
	must(t, err)
	secret, err := api.DecryptRecoveryData(data["holder"], p.recovery)
	must(t, err)
	c.kill()
	must(t, os.Remove(filepath.Join(sealDir, "sealed_key")))

	c = startCoordinatorIn(t, sealDir)
	code, _, err := api.GetStatus(ctx, c.rest, trust(t, c))
	must(t, err)
	if code != 1 {
		t.Fatalf("status is %d, expected recovery", code)
	}
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	_, _, err = api.Recover(ctx, c.rest, insecure(), secret, foreign)
	wantError(t, err, "holder")
	wrong := bytes.Repeat([]byte{1}, len(secret))
	if _, _, err = api.Recover(ctx, c.rest, insecure(), wrong, p.recovery); err == nil {
		t.Error("a wrong recovery secret was accepted")
	}
	remaining, _, err := api.Recover(ctx, c.rest, insecure(), secret, p.recovery)
	must(t, err)
	if remaining != 0 {
		t.Errorf("%d secrets remain", remaining)
	}
	if !trust(t, c).Equal(root) {
		t.Error("the recovered Coordinator has another root certificate")
	}
	got, _, _, err := api.ManifestGet(context.Background(), c.rest, root)
	must(t, err)
	if !bytes.Equal(got, doc) {
		t.Error("another manifest is in force after recovery")
	}
}

// On the simulated platform there is a quote. The SDK hands it on; a nonce gives another one.
func TestSDKQuote(t *testing.T) {
	c := startCoordinator(t)
	_, _, quote, err := api.VerifyCoordinator(t.Context(), c.rest, insecure())
	must(t, err)
	if len(quote) != 0 {
		t.Errorf("a quote of %d bytes without a platform", len(quote))
	}
	c = startCoordinator(t, "EDG_COORDINATOR_SIM_PLATFORM="+t.TempDir())
	_, intermediate, plain, err := api.VerifyCoordinator(t.Context(), c.rest, insecure())
	must(t, err)
	options := insecure()
	options.Nonce = []byte("nonce \xff\xfe/+")
	root, _, fresh, err := api.VerifyCoordinator(t.Context(), c.rest, options)
	must(t, err)
	if len(plain) == 0 || len(fresh) == 0 || bytes.Equal(plain, fresh) {
		t.Errorf("quotes of %d and %d bytes", len(plain), len(fresh))
	}
	must(t, intermediate.CheckSignatureFrom(root))
}

func TestSDKSignQuote(t *testing.T) {
	c := startCoordinator(t)
	root := trust(t, c)
	_, _, err := api.SignQuote(t.Context(), c.rest, root, []byte("quote"))
	wantError(t, err, "SignQuoteEndpoint feature is not enabled in the manifest")
	document := simpleManifest(object{"worker": object{"Package": "pkg"}})
	document["Config"] = object{"FeatureGates": []string{"SignQuoteEndpoint"}}
	setManifest(t, c, document)
	_, _, err = api.SignQuote(t.Context(), c.rest, root, []byte("quote"))
	wantError(t, err, "quote verification failed")
}
