"""Secrets reach those who may have them and nobody else: they are in no log, no refusal, no public answer, no file."""

import base64
import json
import re
import secrets
import ssl
import unittest

import grpc
import harness
from harness import b64

# They pass the manifest's dry run, whose stand-in has one byte, and fail on what is uploaded, in as many ways as possible.
# Go's messages for some of them hold the operand.
FAILING = (
    "{{ index .Secrets $v 1 }}",
    "{{ index $v $v }}",
    "{{ slice $v 1000000 }}",
    "{{ $v.Field }}",
    "{{ $v.Field.Other 1 }}",
    "{{ hex $v }}",
    "{{ call $v }}",
    "{{ eq 1 $v }}",
    "{{ lt $v 1 }}",
    "{{ len 1 $v }}",
    "{{ range $v }}{{ . }}{{ .X }}{{ end }}",
    "{{ pem .Secrets.SECRET }}",
    '{{ printf "%d %x %q" $v $v $v | hex }}',
    "{{ index .Secrets.SECRET.Private 100000 }}",
)


class Corpus:
    """Secret values, and what must not hold any of them."""

    def __init__(self):
        self.values: dict[str, bytes] = {}
        self.texts: list[tuple[str, bytes]] = []

    def secret(self, what: str, value: bytes | str) -> bytes:
        value = value.encode() if isinstance(value, str) else value
        assert len(value) >= 16, what
        self.values[what] = value
        return value

    def text(self, where: str, content: bytes | str) -> None:
        self.texts.append((where, content.encode() if isinstance(content, str) else content))

    @staticmethod
    def spellings(value: bytes):
        # Eight bytes are enough to see a value that was cut.
        for part in (value, value[:8], value[-8:]):
            yield part
            yield part.hex().encode()
            yield part.hex().upper().encode()
            for skip in range(3):
                whole = part[skip:]
                yield base64.b64encode(whole[: len(whole) // 3 * 3])
            yield ", ".join(map(str, part)).encode()
            yield " ".join(map(str, part)).encode()

    def leaks(self):
        spellings = [(name, {s for s in self.spellings(value) if len(s) >= 7}) for name, value in self.values.items()]
        for where, text in self.texts:
            plain = text.replace(rb"\u003c", b"<").replace(rb"\u003e", b">").replace(rb"\u0026", b"&")
            for name, spelled in spellings:
                if any(s in plain for s in spelled):
                    yield f"{name} is in {where}: {text[:2000]!r}"


def private_key(pem: bytes) -> bytes:
    """What is secret of a PEM file: its last bytes. The first ones of a PKCS#8 key are the same for all of a kind."""
    der = b"".join(
        base64.b64decode(block) for block in re.findall(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]*)-----", pem)
    )
    # PKCS#8 of P-256 holds the private scalar before the public key.
    at = der.index(b"\x04\x20") + 2
    return der[at : at + 32]


class SecretsGrepTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())
        self.corpus = Corpus()
        self.user = harness.make_certificate(self.folder, "user")
        self.reader = harness.make_certificate(self.folder, "reader")
        self.marble_cert = harness.make_certificate(self.folder, "marble")
        self.recovery_key = self.folder / "recovery.pem"
        harness.openssl(
            "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(self.recovery_key)
        )

    def start(self, **named):
        return self.enterContext(harness.Coordinator(self.folder / "seal", EDG_DEBUG_LOGGING="1", **named))

    def manifest(self) -> dict:
        uploads = ["token", "binary", "key", "cert", *(f"t{i}" for i in range(len(FAILING)))]
        plain = {"Type": "plain", "UserDefined": True}
        marbles = {
            f"m{i}": {"Package": "pkg", "Parameters": {"Env": {"X": self.template(text, f"t{i}")}}}
            for i, text in enumerate(FAILING)
        }
        env = {
            "SHARED": "{{ hex .Secrets.shared }}",
            "OWN": "{{ base64 .Secrets.own }}",
            "SEAL": "{{ hex .MarbleRun.SealKey }}",
            "TOKEN": "{{ string .Secrets.token }}",
            "KEY": "{{ base64 .Secrets.key }}",
            "PRIVATE": "{{ pem .Secrets.tls.Private }}",
            "OWN_PRIVATE": "{{ pem .Secrets.owntls.Private }}",
        }
        ecdsa = {"Type": "cert-ecdsa", "Size": 256}
        public = harness.openssl("pkey", "-in", str(self.recovery_key), "-pubout").decode()
        return {
            "Packages": {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 1}},
            "Marbles": marbles
            | {
                "worker": {
                    "Package": "pkg",
                    "TLS": ["web"],
                    "Parameters": {"Env": env, "Files": {"/b": "{{ raw .Secrets.binary }}"}},
                },
                "limited": {
                    "Package": "pkg",
                    "MaxActivations": 1,
                    "Parameters": {"Env": {"OWN": "{{ hex .Secrets.own }}"}},
                },
                "string": {"Package": "pkg", "Parameters": {"Files": {"/b": "{{ raw .Secrets.binary }}"}}},
            },
            "Secrets": {
                "shared": {"Type": "symmetric-key", "Size": 256, "Shared": True},
                "own": {"Type": "symmetric-key", "Size": 256},
                "tls": ecdsa | {"Shared": True},
                "owntls": ecdsa,
                "key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
                "cert": ecdsa | {"UserDefined": True},
            }
            | {name: plain for name in uploads if name not in ("key", "cert")},
            "TLS": {"web": {"Incoming": [{"Port": "8443"}]}},
            "Users": {
                "user": {"Certificate": self.user.pem, "Roles": ["write", "read", "update"]},
                "reader": {"Certificate": self.reader.pem, "Roles": ["read"]},
            },
            "Roles": {
                "write": {"ResourceType": "Secrets", "ResourceNames": uploads, "Actions": ["WriteSecret"]},
                "read": {
                    "ResourceType": "Secrets",
                    "ResourceNames": ["token", "shared", "tls", "key"],
                    "Actions": ["ReadSecret"],
                },
                "update": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            },
            "RecoveryKeys": {"holder": public},
            "Config": {"RotateRootSecret": True},
        }

    @staticmethod
    def template(text: str, secret: str) -> str:
        value = "{{ $v := base64 .Secrets.NAME }}{{ if gt (len $v) 8 }}TEXT{{ end }}"
        return value.replace("TEXT", text.replace("SECRET", secret)).replace("NAME", secret)

    # Each of these expects a refusal and keeps it.

    def refused(self, where, answer):
        self.assertGreaterEqual(answer.status, 400, (where, answer))
        self.corpus.text(where, json.dumps(answer.headers).encode() + answer.body)

    def refused_activation(self, marble, *args, **named):
        with self.assertRaises(grpc.RpcError) as caught:
            marble.activate(*args, **named)
        self.corpus.text(f"refused activation {args}", f"{caught.exception.details()} {caught.exception}")

    def upload(self, coordinator, name, value, cert=None, member="Key"):
        return coordinator.post("/api/v2/secrets", {"secrets": {name: {member: b64(value)}}}, cert or self.user)

    def activate(self, coordinator, name):
        with coordinator.marble(self.marble_cert) as marble:
            got = marble.activate("worker", "3f1f9e43-b3b7-4a3e-8d6a-43c9d1e2f301")
        secret = self.corpus.secret
        secret(f"shared key, {name}", bytes.fromhex(got.env["SHARED"].decode()))
        secret(f"own key, {name}", base64.b64decode(got.env["OWN"]))
        secret(f"seal key, {name}", bytes.fromhex(got.env["SEAL"].decode()))
        for variable in ("PRIVATE", "OWN_PRIVATE", "MARBLE_PREDEFINED_PRIVATE_KEY"):
            secret(f"{variable}, {name}", private_key(got.env[variable]))
        secret(
            f"private key for transparent TLS, {name}",
            private_key(json.loads(got.env["MARBLE_TTLS_CONFIG"])["tls"]["Incoming"]["*:8443"]["clikey"].encode()),
        )

    def uploads(self, coordinator):
        secret = self.corpus.secret
        token = secret("token", secrets.token_urlsafe(12) + "<&>" + secrets.token_urlsafe(12))
        for name, value in (
            ("token", token),
            ("binary", secret("binary", secrets.token_bytes(40))),
            ("key", secret("key", secrets.token_bytes(16))),
        ):
            self.assertEqual(self.upload(coordinator, name, value).status, 200)
        key = harness.make_certificate(self.folder, "uploaded")
        with open(key.key_file, "rb") as file:
            pem = file.read()
        secret("uploaded private key", private_key(pem))
        body = {
            "Cert": b64(ssl.PEM_cert_to_DER_cert(key.pem)),
            "Private": b64(harness.openssl("pkey", "-in", key.key_file, "-outform", "DER")),
        }
        answer = coordinator.post("/secrets", {"cert": body}, self.user)
        self.assertEqual(answer.status, 200, answer)

    def refused_uploads(self, coordinator):
        value = self.corpus.secret("refused value", secrets.token_urlsafe(24))
        text, encoded = value.decode(), b64(value)
        self.refused("upload of the wrong size", self.upload(coordinator, "key", value))
        self.refused("upload by a reader", self.upload(coordinator, "token", value, self.reader))
        self.refused("upload by a stranger", self.upload(coordinator, "token", value, self.marble_cert))
        self.refused("upload to a generated secret", self.upload(coordinator, "shared", value))
        self.refused("upload to an unknown secret", self.upload(coordinator, "nothing", value))
        self.refused("upload as a certificate", self.upload(coordinator, "cert", value))
        self.refused("upload as a certificate", self.upload(coordinator, "cert", value, member="Cert"))
        self.refused("upload as a private key", self.upload(coordinator, "cert", value, member="Private"))
        for body in (
            {"secrets": {"token": text}},
            {"secrets": text},
            {"secrets": {"token": {"Key": text + "!"}}},
            {"secrets": {"token": {"Key": [text]}}},
            {"secrets": {"token": {"Key": {text: text}}}},
            [text],
            text,
            {"secrets": {"token": {"Key": [*value, 256]}}},
            {"secrets": [text]},
        ):
            self.refused(f"malformed upload {body}", coordinator.post("/api/v2/secrets", body, self.user))
            self.refused(f"malformed upload {body}", coordinator.post("/secrets", body, self.user))
        whole = json.dumps({"secrets": {"token": {"Key": encoded}}}).encode()
        for body in (whole[:-3], whole.replace(b":", b"="), whole[1:], b"x" + whole, whole.replace(b'"Key"', b"Key")):
            self.refused(f"malformed upload {body!r}", coordinator.request("POST", "/api/v2/secrets", body, self.user))
        for path in ("/api/v2/secret", "/api/v2/status", "/api/v2/manifest", "/manifest", "/api/v2/recover", "/update"):
            self.refused(f"upload to {path}", coordinator.request("POST", path, whole, self.user))
            self.refused(f"upload to {path}", coordinator.request("POST", path, value, self.user))
            self.refused(f"upload by PUT to {path}", coordinator.request("PUT", path, whole, self.user))
        with coordinator.connect(self.user) as sock:
            sock.sendall(value + b"\r\n" + value + b": " + value + b"\r\n\r\n")
            self.refused("a secret instead of HTTP", harness.read_answer(sock))
        answer = coordinator.request(
            "GET", "/api/v2/secrets", cert=self.user, Authorization="Bearer " + text, Cookie=encoded
        )
        self.refused("a secret in a header", answer)

    def failing_templates(self, coordinator):
        failed = 0
        for i, template in enumerate(FAILING):
            value = self.corpus.secret(f"value for {template}", secrets.token_urlsafe(24))
            answer = self.upload(coordinator, f"t{i}", value)
            if answer.status != 200:
                failed += 1
                self.refused(f"upload that makes {template} fail", answer)
            else:
                with coordinator.marble(self.marble_cert) as marble:
                    marble.activate(f"m{i}")
        self.assertGreater(failed, len(FAILING) // 2)

    def refused_activations(self, coordinator):
        with coordinator.marble(self.marble_cert) as marble:
            own = marble.activate("limited").env["OWN"]
            self.corpus.secret("own key of the limited marble", bytes.fromhex(own.decode()))
            self.refused_activation(marble, "limited")
            self.refused_activation(marble, "nothing")
            self.refused_activation(marble, "worker", "no uuid")
            self.refused_activation(marble, "worker", csr=b"none")
            self.refused_activation(marble, "worker", quote=self.corpus.values["token"])

    def read(self, coordinator):
        for path in ("/api/v2/secrets?s=token&s=shared&s=tls&s=key", "/secrets?s=token"):
            self.assertEqual(coordinator.get(path, self.reader).status, 200)
        shared = coordinator.get("/api/v2/secrets?s=shared", self.reader).data["secrets"]["shared"]["Private"]
        self.assertIn(base64.b64decode(shared), self.corpus.values.values())
        self.refused("read by a reader", coordinator.get("/api/v2/secrets?s=binary", self.reader))
        self.refused("read by a stranger", coordinator.get("/api/v2/secrets?s=token", self.marble_cert))
        self.refused("read without name", coordinator.get("/api/v2/secrets?s=", self.reader))

    def recover(self, coordinator, secret):
        def post(value):
            path = self.folder / "recovery-secret"
            path.write_bytes(value)
            signature = harness.openssl("dgst", "-sha256", "-sign", str(self.recovery_key), str(path))
            return coordinator.post(
                "/api/v2/recover", {"recoverySecret": b64(value), "recoverySecretSignature": b64(signature)}
            )

        wrong = self.corpus.secret("wrong recovery secret", secrets.token_bytes(len(secret)))
        self.refused("recovery with a wrong secret", post(wrong))
        self.refused("recovery with a part", post(secret[:-1]))
        self.refused("recovery without signature", coordinator.post("/api/v2/recover", {"recoverySecret": b64(secret)}))
        self.refused("recovery with a text", coordinator.post("/api/v2/recover", {"recoverySecret": secret.hex()}))
        self.refused(
            "recovery with bad JSON", coordinator.post("/api/v2/recover", b'{"recoverySecret":"' + b64(secret).encode())
        )
        answer = post(secret)
        self.assertEqual((answer.status, answer.json["data"]["remaining"]), (200, 0), answer)
        self.corpus.text("answer to the recovery", answer.body)

    def updates(self, coordinator, manifest):
        """An update that waits, is agreed to, and makes new recovery secrets; and refused ones with secrets in them."""
        value = self.corpus.secret("value in an update", secrets.token_urlsafe(24)).decode()
        for body in (
            {"manifest": value},
            {"manifest": b64(json.dumps({"Packages": {value: {"SecurityVersion": 1}}}).encode())},
            {"manifest": b64(('{"Marbles": "' + value).encode())},
        ):
            for path in ("/api/v2/update", "/api/v2/update-manifest"):
                # The name of a package comes back to the user who sent it, as that of a secret does.
                answer = coordinator.post(path, body, self.user)
                self.assertGreaterEqual(answer.status, 400, answer)
                self.refused(f"{path} by a reader", coordinator.post(path, {"manifest": "!" + value}, self.reader))
                self.refused(f"{path} by a stranger", coordinator.post(path, body, self.marble_cert))
        manifest["Users"]["second"] = {"Certificate": self.reader.pem, "Roles": ["read", "update"]}
        del manifest["Users"]["reader"]
        self.update(coordinator, manifest)
        other = harness.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        (self.folder / "other.pem").write_bytes(other)
        manifest["RecoveryKeys"]["other"] = harness.openssl("pkey", "-in", str(self.folder / "other.pem"), "-pubout").decode()
        raw = {"manifest": b64(json.dumps(manifest).encode())}
        self.assertEqual(coordinator.post("/api/v2/update", raw, self.user).data["missingAcknowledgments"], 1)
        self.corpus.text("the pending update", coordinator.get("/api/v2/update-manifest").body)
        self.refused("a second update", coordinator.post("/api/v2/update", raw, self.reader))
        self.refused("acknowledged by a stranger", coordinator.post("/api/v2/update-manifest", raw, self.marble_cert))
        answer = coordinator.post("/api/v2/update-manifest", raw, self.reader)
        self.corpus.text("the answer to the last acknowledgement", answer.body)
        for name, key in (("holder", self.recovery_key), ("other", self.folder / "other.pem")):
            self.corpus.secret(f"new recovery secret of {name}", self.unwrap(answer.data["recoverySecrets"][name], key))

    def update(self, coordinator, manifest):
        raw = {"manifest": b64(json.dumps(manifest).encode())}
        self.assertEqual(coordinator.post("/api/v2/update", raw, self.user).data["missingAcknowledgments"], 0)

    def unwrap(self, encoded, key):
        wrapped = self.folder / "wrapped"
        wrapped.write_bytes(base64.b64decode(encoded))
        padding = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256")
        return harness.openssl("pkeyutl", "-decrypt", "-inkey", str(key), "-in", str(wrapped), *padding)

    def public(self, coordinator):
        for path in ("/api/v2/status", "/api/v2/manifest", "/api/v2/quote", "/api/v2/update", "/manifest", "/update"):
            answer = coordinator.get(path)
            self.assertEqual(answer.status, 200)
            self.corpus.text(path, answer.body)
        for path in ("/metrics", "/events", "/readyz"):
            self.corpus.text(path, coordinator.monitoring(path).body)

    def ended(self, coordinator):
        self.assertEqual(coordinator.terminate(), 0)
        self.assertIn("Shutting down", coordinator.log)
        for line in coordinator.log.splitlines():
            self.corpus.text("the log", line)
        for path in (self.folder / "seal").rglob("*"):
            if path.is_file():
                self.corpus.text(str(path), path.read_bytes())

    def test_secrets_are_nowhere(self):
        coordinator = self.start()
        manifest = self.manifest()
        answer = coordinator.set_manifest(manifest)
        self.assertEqual(answer.status, 200, answer)
        wrapped = self.folder / "wrapped"
        wrapped.write_bytes(base64.b64decode(answer.data["RecoverySecrets"]["holder"]))
        recovery = self.corpus.secret(
            "recovery secret",
            harness.openssl(
                "pkeyutl",
                "-decrypt",
                "-inkey",
                str(self.recovery_key),
                "-in",
                str(wrapped),
                "-pkeyopt",
                "rsa_padding_mode:oaep",
                "-pkeyopt",
                "rsa_oaep_md:sha256",
            ),
        )
        with coordinator.marble(self.marble_cert) as marble:
            self.refused_activation(marble, "worker")  # not everything is uploaded
        self.uploads(coordinator)
        self.activate(coordinator, "first")
        self.read(coordinator)
        self.refused_uploads(coordinator)
        self.failing_templates(coordinator)
        self.refused_activations(coordinator)
        self.public(coordinator)
        self.ended(coordinator)

        # Human-readable log, recovery, an update that makes new keys.
        (self.folder / "seal/sealed_key").unlink()
        coordinator = self.start(EDG_COORDINATOR_DEV_MODE="1", EDG_HTTP_ERROR_LOG_LEVEL="debug")
        self.recover(coordinator, recovery)
        manifest["Marbles"]["another"] = {"Package": "pkg"}
        raw = json.dumps(manifest).encode()
        answer = coordinator.post("/api/v2/update", {"manifest": b64(raw)}, self.user)
        self.assertEqual(answer.data["missingAcknowledgments"], 0)
        self.activate(coordinator, "second")
        self.refused_uploads(coordinator)
        self.updates(coordinator, manifest)
        self.activate(coordinator, "third")
        self.public(coordinator)
        self.ended(coordinator)

        self.assertGreater(len(self.corpus.texts), 150)
        self.assertEqual(list(self.corpus.leaks()), [])

    def test_the_search_finds(self):
        value = self.corpus.secret("value", b"0123456789<abcdef>")
        for text in (
            b"x" + value,
            value.hex().encode(),
            base64.b64encode(b"a" + value),
            value[:8] + b"...",
            b"0123456789\\u003cabcdef\\u003e",
            b"48 49 50 51 52 53 54 55",
        ):
            self.corpus.texts = [("text", text)]
            self.assertTrue(list(self.corpus.leaks()), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
