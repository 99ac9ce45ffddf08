"""Users and holders of recovery secrets whose private key is in a token (SoftHSM), and what goes wrong with tokens."""

import base64
import json
import os
import subprocess
import unittest
from pathlib import Path

import harness
from support import Cli, Coordinator, make_recovery_key, openssl

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "73511937"
KEYS = {"p256": "EC:prime256v1", "p384": "EC:secp384r1", "rsa": "rsa:2048"}


class TokenTest(unittest.TestCase):
    """A token and a Coordinator without a manifest."""

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(harness.temporary_folder())
        (cls.folder / "tokens").mkdir()
        config = cls.folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {cls.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        cls.environment = {"SOFTHSM2_CONF": str(config)}
        cls.tool("softhsm2-util", "--init-token", "--free", "--label", "users", "--pin", PIN, "--so-pin", "12345678")
        cls.coordinator = Coordinator(cls.folder).start()
        cls.addClassCleanup(cls.coordinator.stop)
        cls.cli = Cli(cls.folder)

    @classmethod
    def tool(cls, *arguments):
        done = subprocess.run([*map(str, arguments)], env=os.environ | cls.environment, capture_output=True, timeout=60)
        assert done.returncode == 0, done

    @classmethod
    def pkcs11(cls, *arguments):
        cls.tool("pkcs11-tool", "--module", MODULE, "--token-label", "users", "--login", "--pin", PIN, *arguments)

    def config(self, name="pkcs11.json", **changes):
        path = self.folder / name
        content = {"Path": MODULE, "Pin": PIN, "TokenLabel": "users"} | changes
        path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
        return path

    def run_cli(self, *arguments):
        done = self.cli(*arguments, "--insecure", **self.environment)
        self.assertNotIn(PIN, done.out + done.err)
        return done

    def refused(self, done, *texts):
        self.assertEqual(done.code, 1, done)
        for text in texts:
            self.assertIn(text, done.err)
        self.assertEqual(done.err.count("Error:"), 1, done)


class Users(TokenTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pems = {name: cls.make(name, f"{i:02x}") for i, name in enumerate(KEYS, 0x61)}
        cls.pkcs11("--keypairgen", "--key-type", "EC:prime256v1", "--id", "7a", "--label", "bare")  # without certificate
        everything = {
            "Packages": {"pkg": {"UniqueID": "ab" * 32}},
            "Marbles": {"m": {"Package": "pkg"}},
            "Secrets": {"token": {"Type": "plain", "UserDefined": True}},
            "Users": {name: {"Certificate": pem, "Roles": ["rw", "update"]} for name, pem in pems.items()},
            "Roles": {
                "rw": {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["ReadSecret", "WriteSecret"]},
                "update": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            },
        }
        cls.manifest = cls.folder / "manifest.json"
        cls.manifest.write_text(json.dumps(everything))
        cls.next = cls.folder / "next.json"
        everything["Marbles"]["n"] = {"Package": "pkg"}
        cls.next.write_text(json.dumps(everything))
        done = cls.cli("manifest", "set", cls.manifest, cls.coordinator.address, "--insecure")
        assert done.code == 0, done

    @classmethod
    def make(cls, name, number):
        """A key with its certificate, made outside and put into the token under id and label."""
        kind = KEYS[name]
        new = ["-newkey", kind] if kind.startswith("rsa") else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + kind[3:]]
        key, crt, der = (cls.folder / f"{name}.{end}" for end in ("key", "crt", "der"))
        openssl("req", "-x509", *new, "-nodes", "-days", "10", "-subj", f"/CN={name}", "-keyout", key, "-out", crt)
        openssl("x509", "-in", crt, "-outform", "DER", "-out", der)
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", cls.folder / f"{name}.p8")
        cls.pkcs11("--write-object", cls.folder / f"{name}.p8", "--type", "privkey", "--id", number, "--label", name)
        cls.pkcs11("--write-object", der, "--type", "cert", "--id", number, "--label", name)
        key.unlink()
        return crt.read_text()

    def as_user(self, name, *arguments, config=None):
        """By label. The address is the last argument of a command, flags may follow it."""
        return self.run_cli(*arguments, self.coordinator.address, "--pkcs11-config", config or self.config(),
                            "--pkcs11-key-label", name, "--pkcs11-cert-label", name)

    def test_every_key_and_command(self):
        value = self.folder / "value.json"
        for name in KEYS:
            value.write_text(json.dumps({"token": {"Key": harness.b64(name.encode())}}))
            out = self.folder / f"{name}-read.json"
            with self.subTest(key=name):
                self.assertEqual(self.as_user(name, "secret", "set", value).code, 0)
                done = self.run_cli("secret", "get", "token", self.coordinator.address, "-o", out, "--pkcs11-config",
                                    self.config(), "--pkcs11-key-label", name, "--pkcs11-cert-label", name)
                self.assertEqual(done.code, 0, done)
                self.assertEqual(json.loads(out.read_text())["token"]["Private"], harness.b64(name.encode()))
        for name, command in (("p256", "apply"), ("p384", "acknowledge")):
            done = self.as_user(name, "manifest", "update", command, self.next)
            self.assertEqual(done.code, 0, done)
        self.assertEqual(self.as_user("rsa", "manifest", "update", "cancel").code, 0)

    def test_ids_and_a_certificate_file(self):
        # `a` is the byte 61.
        done = self.run_cli("secret", "get", "token", self.coordinator.address, "--pkcs11-config", self.config(),
                            "--pkcs11-key-id", "a", "--pkcs11-cert-id", "a")
        self.assertEqual(done.code, 0, done)
        done = self.run_cli("secret", "get", "token", self.coordinator.address, "--pkcs11-config", self.config(),
                            "--pkcs11-key-label", "rsa", "--cert", self.folder / "rsa.crt")
        self.assertEqual(done.code, 0, done)

    def test_what_is_missing(self):
        def get(*flags, **changes):
            return self.run_cli("secret", "get", "token", self.coordinator.address, "--pkcs11-config",
                                self.config("bad.json", **changes), *flags)

        good = ("--pkcs11-key-label", "p256", "--pkcs11-cert-label", "p256")
        self.refused(get(*good, Pin="00000000"), "refuses the PIN")
        self.refused(get(*good, Pin=None), "`Pin` is missing")
        self.refused(get(*good, TokenLabel="other"), 'no token has the label "other"')
        self.refused(get(*good, TokenLabel=None), "TokenSerial")
        self.refused(get(*good, SlotNumber=0), "only one of")
        self.refused(get(*good, TokenLabel=None, SlotNumber=12345), "no token has the slot 12345")
        self.refused(get(*good, Path="/nowhere.so"), "cannot be loaded")
        self.refused(get(*good, Path=None), "`Path` is missing")
        self.refused(get("--pkcs11-key-label", "none", "--pkcs11-cert-label", "p256"),
                     'no key pair found for id "" and label "none"')
        self.refused(get("--pkcs11-key-id", "z", "--pkcs11-cert-id", "z"),
                     'no certificate found for id "z" and label ""')
        self.refused(get("--pkcs11-key-label", "p256", "--pkcs11-cert-label", "p384"))
        self.refused(get("--pkcs11-key-label", "bare", "--pkcs11-cert-label", "p256"), "does not belong")
        self.refused(get("--pkcs11-key-label", "p256"), "--pkcs11-cert-id")
        self.refused(get("--pkcs11-cert-label", "p256"), "--pkcs11-key-id")
        self.refused(get(*good, "--key", self.folder / "x.key"), "exclude each other")
        done = self.run_cli("secret", "get", "token", self.coordinator.address, *good)
        self.refused(done, "need --pkcs11-config")
        (self.folder / "bad.json").write_text('{"Pin": "' + PIN)
        done = self.run_cli("secret", "get", "token", self.coordinator.address, "--pkcs11-config",
                            self.folder / "bad.json", *good)
        self.refused(done, "not a JSON object")
        # None of it locked the token.
        self.assertEqual(self.as_user("p256", "secret", "get", "token").code, 0)

    def test_the_key_alone_is_no_user(self):
        """A key of the token with another's certificate of the same kind is found out before anything is sent."""
        crt = self.folder / "stranger.crt"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10",
                "-subj", "/CN=stranger", "-keyout", self.folder / "stranger.key", "-out", crt)
        done = self.run_cli("secret", "get", "token", self.coordinator.address, "--pkcs11-config", self.config(),
                            "--pkcs11-key-label", "p256", "--cert", crt)
        self.refused(done, "does not belong to the certificate")


class RecoveryKeys(TokenTest):
    """Both recovery keys of the manifest are in the token."""

    NAMES = ("r0", "r1")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = {name: cls.make(name, f"{i:02x}") for i, name in enumerate(cls.NAMES, 0x61)}
        cls.pkcs11("--keypairgen", "--key-type", "EC:prime256v1", "--id", "7a", "--label", "ec")
        manifest = {
            "Packages": {"pkg": {"UniqueID": "ab" * 32}},
            "Marbles": {"m": {"Package": "pkg"}},
            "RecoveryKeys": keys,
        }
        (cls.folder / "manifest.json").write_text(json.dumps(manifest))
        done = cls.cli("manifest", "set", "manifest.json", cls.coordinator.address, "-r", "recovery.json", "--insecure")
        assert done.code == 0, done
        secrets = json.loads((cls.folder / "recovery.json").read_text())["RecoverySecrets"]
        for name in cls.NAMES:
            (cls.folder / f"{name}.bin").write_bytes(base64.b64decode(secrets[name]))

    @classmethod
    def make(cls, name, number):
        """A key made outside, whose private half exists in the token only afterwards."""
        key = cls.folder / f"{name}.pem"
        public = make_recovery_key(cls.folder, name)
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", cls.folder / f"{name}.p8")
        cls.pkcs11("--write-object", cls.folder / f"{name}.p8", "--type", "privkey", "--id", number, "--label", name,
                   "--usage-sign", "--usage-decrypt")
        key.unlink()
        (cls.folder / f"{name}.p8").unlink()
        return public

    def key(self, name, **changes):
        return ("--pkcs11-config", self.config("recovery-token.json", **changes), "--pkcs11-key-label", name)

    def ok(self, *arguments):
        done = self.run_cli(*arguments)
        self.assertEqual(done.code, 0, done)
        return done

    def fresh(self, *names):
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def test_drill(self):
        address = self.coordinator.address
        self.fresh("challenge", "proof")
        self.assertIn("of r0: proved", self.ok("recover", "drill", address, "--share", "r0.bin", *self.key("r0")).out)
        self.ok("recover", "drill", address, "--save-challenge", "challenge")
        self.ok("recover", "drill", "--challenge", "challenge", "--share", "r1.bin", "--save-proof", "proof",
                *self.key("r1"))
        self.assertIn("of r1: proved", self.ok("recover", "drill", address, "--proof", "proof").out)
        self.refused(self.run_cli("recover", "drill", address, "--share", "r0.bin", *self.key("r1")),
                     "r0.bin", "does not decrypt with this key")
        self.refused(self.run_cli("recover", "drill", address, *self.key("r1")), "--pkcs11-... go with --share")
        self.refused(self.run_cli("recover", "drill", address, "--share", "r0.bin"), "--key or --pkcs11-config")

    def test_recovery_online_and_offline(self):
        self.fresh("ephemeral.pem", "encrypted.bin", "signature.bin")
        self.coordinator.stop()
        for path in (self.folder / "seal").glob("*key*"):
            path.unlink()
        self.coordinator.start()
        address = self.coordinator.address
        # `a` is the byte 61.
        done = self.ok("recover", "r0.bin", address, "--pkcs11-config", self.config(), "--pkcs11-key-id", "a")
        self.assertIn("Remaining secrets: 1", done.out)
        self.ok("recover-with-signature", "public-key", address, "-o", "ephemeral.pem")
        self.ok("recover-with-signature", "encrypt-secret", "r1.bin", "--coordinator-pub-key", "ephemeral.pem",
                "-o", "encrypted.bin", *self.key("r1"))
        self.ok("recover-with-signature", "sign-secret", "r1.bin", "-o", "signature.bin", *self.key("r1"))
        done = self.ok("recover-with-signature", "encrypted.bin", address, "-s", "signature.bin")
        self.assertIn("Recovery successful.", done.out)

    def test_what_is_missing(self):
        """All of it is found out before the Coordinator is asked."""
        offline = {
            "recover": ("recover", "r0.bin", "127.0.0.1:1"),
            "encrypt": ("recover-with-signature", "encrypt-secret", "r0.bin", "-o", "never", "--coordinator-pub-key", "c.pub"),
            "sign": ("recover-with-signature", "sign-secret", "r0.bin", "-o", "never"),
        }
        make_recovery_key(self.folder, "c")
        for name, command in offline.items():
            with self.subTest(command=name):
                def run(*flags, command=command):
                    return self.run_cli(*command, *flags)

                self.refused(run(*self.key("r1")), "r0.bin", "(256 bytes) does not decrypt with this key")
                for damaged in (b"", bytes(31), b"\xff" * 256, bytes(256), bytes(5000)):
                    (self.folder / "damaged.bin").write_bytes(damaged)
                    at = [str(c).replace("r0.bin", "damaged.bin") for c in command]
                    self.refused(self.run_cli(*at, *self.key("r0")), f"({len(damaged)} bytes) does not decrypt")
                self.refused(run(*self.key("ec")), "a recovery key is an RSA key")
                self.refused(run(*self.key("none")), 'no key pair found for id "" and label "none"')
                self.refused(run(*self.key("r0", Pin="00000000")), "refuses the PIN")
                self.refused(run("--pkcs11-config", self.config()), "--pkcs11-key-id or --pkcs11-key-label")
                self.refused(run("--pkcs11-key-label", "r0"), "need --pkcs11-config")
                self.refused(run(*self.key("r0"), "--key", "c.pem"), "exclude each other")
                self.refused(run(), "--pkcs11-config")
                self.assertFalse((self.folder / "never").exists())
                # A right login resets what the token counts.
                self.ok("recover-with-signature", "sign-secret", "r0.bin", "-o", f"signed-{name}", *self.key("r0"))


if __name__ == "__main__":
    if not Path(MODULE).exists():
        raise SystemExit(f"{MODULE} is missing: run tools/setup")
    unittest.main(verbosity=2)
