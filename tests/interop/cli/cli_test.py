"""The reference's command line client drives the life of a deployment, as its users' scripts do."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
import support  # noqa: E402
from support import make_recovery_key, make_user  # noqa: E402

HERE = Path(__file__).resolve().parent
UNVERIFIED = "Warning: skipping quote verification\n"
WRONG_STATE = "server is not in expected state"


def setUpModule():
    # Compiling it the first time takes minutes. A program that was built already can be named instead.
    global MARBLERUN
    MARBLERUN = os.environ.get("STEELIE_INTEROP_CLI") or subprocess.run(
        [HERE / "build", Path(os.environ["STEELIE_BUILD"]) / "reference-cli"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


class ReferenceCli(unittest.TestCase):
    listen = "127.0.0.1"

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="steelie-interop-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cli = support.Cli(self.folder, MARBLERUN)
        self.coordinator = support.Coordinator(self.folder)
        self.addCleanup(self.coordinator.stop)
        self.coordinator.start()
        self.address = self.coordinator.address

    def write(self, name, content):
        (self.folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    def read(self, name):
        return (self.folder / name).read_text()

    def run_cli(self, *arguments):
        # As the released programs run.
        return self.cli(*arguments, GODEBUG="fips140=on")

    def ok(self, *arguments):
        answer = self.run_cli(*arguments)
        self.assertEqual((answer.code, answer.err), (0, ""), answer)
        return answer.out

    def refused(self, *arguments, text):
        """Exit code 1 and one line on standard error, which scripts search for the server's text."""
        answer = self.run_cli(*arguments)
        self.assertEqual(answer.code, 1, answer)
        self.assertRegex(answer.err, r"\AError: [^\n]*\n\Z", answer)
        self.assertIn(text, answer.err)

    def user(self, name):
        return ["--cert", f"{name}.crt", "--key", f"{name}.key"]

    def manifest(self, updaters=(), recovery_keys=(), **config):
        users = {name: {"Certificate": make_user(self.folder, name), "Roles": ["updater"]} for name in updaters}
        users["keeper"] = {"Certificate": make_user(self.folder, "keeper"), "Roles": ["keeper", "packager"]}
        return {
            "Packages": {"app": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 3}},
            "Marbles": {"worker": {"Package": "app"}},
            "Secrets": {
                "token": {"Type": "plain", "UserDefined": True},
                "key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
                "server": {"Type": "cert-ecdsa", "Size": 256, "UserDefined": True},
                "shared": {"Type": "symmetric-key", "Size": 256, "Shared": True},
                "issued": {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "ValidFor": 7},
            },
            "Users": users,
            "Roles": {
                "updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
                "packager": {"ResourceType": "Packages", "ResourceNames": ["app"], "Actions": ["UpdateSecurityVersion"]},
                "keeper": {
                    "ResourceType": "Secrets",
                    "ResourceNames": ["token", "key", "server"],
                    "Actions": ["ReadSecret", "WriteSecret"],
                },
                "reader": {"ResourceType": "Secrets", "ResourceNames": ["shared", "issued"], "Actions": ["ReadSecret"]},
            },
            "RecoveryKeys": {name: make_recovery_key(self.folder, name) for name in recovery_keys},
            "Config": config,
        }

    def set_manifest(self, manifest, *arguments):
        return self.ok("manifest", "set", "-i", self.write("manifest.json", manifest), self.address, *arguments)


class Life(ReferenceCli):
    def test_before_a_manifest(self):
        self.assertEqual(self.ok("status", "-i", self.address), "2: Coordinator is ready to accept a manifest.\n")
        self.refused("status", self.address, text="coordinator-cert.pem: no such file")
        self.refused("manifest", "get", "-i", self.address, text="requested value not set")
        self.refused("manifest", "log", "-i", self.address, text=WRONG_STATE)
        self.refused("manifest", "update", "get", "-i", self.address, text="no update in progress")
        self.refused("recover-with-signature", "public-key", "-i", self.address, text=WRONG_STATE)
        make_user(self.folder, "nobody")
        self.refused("secret", "get", "-i", "x", self.address, *self.user("nobody"), text="unauthorized user")
        self.write("bad.json", {"Packages": {}, "Marbles": {"m": {"Package": "none"}}})
        self.refused("manifest", "set", "-i", "bad.json", self.address, text="setting manifest: setting manifest: POST "
                     f"https://{self.address}/api/v2/manifest: 400 Bad Request: error: checking manifest: ")

    def test_manifest(self):
        out = self.set_manifest(self.manifest(recovery_keys=["holder"]), "-r", "recovery.json", "--save-sgx-quote", "quote")
        document = self.read("manifest.json")
        fingerprint = hashlib.sha256(document.encode()).hexdigest()
        self.assertEqual(out, UNVERIFIED + "Successfully verified Coordinator, now uploading manifest\n"
                         f"Manifest signature: {fingerprint}\nManifest successfully set\n"
                         "Recovery data saved to: recovery.json\n")
        self.assertEqual(list(json.loads(self.read("recovery.json"))["RecoverySecrets"]), ["holder"])
        self.assertGreater((self.folder / "quote").stat().st_size, 100)
        self.assertEqual(self.ok("manifest", "signature", "manifest.json"), fingerprint + "\n")
        self.refused("manifest", "set", "-i", "manifest.json", self.address, text=WRONG_STATE)

        # Setting has cached the certificate: from here on the connection is authenticated.
        self.assertEqual(self.ok("status", self.address),
                         "3: Coordinator is running correctly and ready to accept marbles.\n")
        self.assertEqual(self.ok("status", f"localhost:{self.coordinator.port}"), self.ok("status", self.address))
        for expected in ["manifest.json", fingerprint, fingerprint.upper()]:
            self.assertEqual(self.ok("manifest", "verify", "-i", expected, self.address).splitlines()[-1], "OK")
        self.refused("manifest", "verify", "-i", "0" * 64, self.address, text="manifest hash does not match local hash")

        self.ok("manifest", "get", "-i", self.address, "-o", "got.json", "--nonce", "fresh")
        self.assertEqual(self.read("got.json"), document)
        self.assertTrue(self.ok("manifest", "get", "-i", self.address).endswith(f"\n{document}\n"))
        self.ok("manifest", "get", "-i", "-s", self.address, "-o", "signed.json", "--keep-cert")
        self.assertEqual(json.loads(self.read("signed.json")),
                         {"ManifestSignature": fingerprint, "Manifest": json.loads(document)})
        out = self.ok("manifest", "log", self.address)
        self.assertTrue(out.startswith("Successfully verified Coordinator, now requesting update log\nUpdate log:\n{"), out)
        self.ok("manifest", "log", self.address, "-o", "log")
        self.assertEqual(json.loads(self.read("log"))["update"], "Initial manifest set")

    def test_yaml(self):
        self.write("m.yaml", f"Packages:\n  app:\n    UniqueID: '{'00' * 32}'\nMarbles:\n  worker:\n    Package: app\n")
        self.ok("manifest", "set", "-i", "m.yaml", self.address)
        self.ok("manifest", "verify", "-i", "m.yaml", self.address)

    def test_recovery_data_on_standard_output(self):
        out = self.set_manifest(self.manifest(recovery_keys=["holder"]))
        secrets = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.assertEqual([list(s["RecoverySecrets"]) for s in secrets], [["holder"]])

    def test_certificates(self):
        # Simulated evidence is nothing that this client could verify: it must say so, and trust nobody.
        self.write("era.json", {"SecurityVersion": 1, "ProductID": 1, "SignerID": "ab" * 32})
        self.refused("certificate", "root", self.address, "--era-config", "era.json", text="verifying Coordinator quote: ")
        self.set_manifest(self.manifest())
        for part, title, file, blocks in [("root", "Root certificate", "marblerunRootCA.crt", 1),
                                          ("intermediate", "Intermediate certificate", "marblerunIntermediateCA.crt", 1),
                                          ("chain", "Certificate chain", "marblerunChainCA.crt", 2)]:
            self.assertEqual(self.ok("certificate", part, "-i", self.address), f"{UNVERIFIED}{title} written to {file}\n")
            self.assertEqual(self.read(file).count("BEGIN CERTIFICATE"), blocks)
        root, intermediate = self.read("marblerunRootCA.crt"), self.read("marblerunIntermediateCA.crt")
        self.assertEqual(self.read("marblerunChainCA.crt"), intermediate + root)
        support.openssl("verify", "-CAfile", self.folder / "marblerunRootCA.crt", self.folder / "marblerunIntermediateCA.crt")
        self.ok("certificate", "root", "-i", self.address, "-o", "elsewhere.pem")
        self.assertEqual(self.read("elsewhere.pem"), root)

    def test_secrets(self):
        manifest = self.manifest()
        manifest["Users"]["keeper"]["Roles"].append("reader")
        manifest["Users"]["watcher"] = {"Certificate": make_user(self.folder, "watcher"), "Roles": ["reader"]}
        self.set_manifest(manifest)
        make_user(self.folder, "stranger")
        keeper = [self.address, *self.user("keeper")]
        key = base64.b64encode(bytes(range(16))).decode()
        self.write("secrets.json", {"token": {"Key": base64.b64encode(b"a <b> & c").decode()}, "key": {"Key": key}})
        self.assertEqual(self.ok("secret", "set", "secrets.json", *keeper), "Secret successfully set\n")
        self.write("server.pem", self.read("keeper.crt") + self.read("keeper.key"))
        self.assertEqual(self.ok("secret", "set", "server.pem", *keeper, "--from-pem", "server"), "Secret successfully set\n")

        names = ["token", "key", "server", "shared", "issued"]
        self.assertEqual(self.ok("secret", "get", *names, *keeper, "-o", "got.json"), "Saved secrets to: got.json\n")
        got = json.loads(self.read("got.json"))
        self.assertEqual(sorted(got), sorted(names))
        self.assertEqual(base64.b64decode(got["token"]["Private"]), b"a <b> & c")
        self.assertEqual((got["key"]["Private"], got["key"]["Size"], got["key"]["UserDefined"]), (key, 128, True))
        self.assertEqual((got["issued"]["Type"], got["issued"]["ValidFor"], got["issued"]["Shared"]), ("cert-ecdsa", 7, True))
        out = self.ok("secret", "get", "key", "server", *keeper)
        for label in ["key:\n", "server:\n", "Type:", "symmetric-key", "cert-ecdsa", "Certificate:", "Private Key:", "Key:"]:
            self.assertIn(label, out)

        denied = "user watcher is not allowed to read one or more secrets of: [token shared]"
        self.refused("secret", "get", "token", "shared", self.address, *self.user("watcher"), text=denied)
        self.refused("secret", "get", "token", self.address, *self.user("stranger"), text="authorizing user: unauthorized user")
        self.refused("secret", "set", "secrets.json", self.address, *self.user("stranger"), text="unauthorized user")
        self.refused("secret", "set", "secrets.json", self.address, *self.user("watcher"), text="is not allowed to update secret: ")
        self.write("short.json", {"key": {"Key": "AAEC"}})
        self.refused("secret", "set", "short.json", *keeper, text="declared size and actual size don't match: key")
        self.write("fixed.json", {"shared": {"Key": key}})
        self.refused("secret", "set", "fixed.json", *keeper, text="secret shared is not writeable")
        self.write("unknown.json", {"nothing": {"Key": key}})
        self.refused("secret", "set", "unknown.json", *keeper, text="which the original manifest does not contain")

    def test_package_update(self):
        self.set_manifest(self.manifest(updaters=["alice"]))
        as_keeper = [self.address, *self.user("keeper")]
        self.write("update.json", {"Packages": {"app": {"SecurityVersion": 5}}})
        self.refused("manifest", "update", "apply", "update.json", self.address, *self.user("alice"),
                     text="applying update: applying manifest update: POST "
                     f"https://{self.address}/api/v2/update: 403 Forbidden: error: user alice is not allowed to update one or more "
                     "packages of [app]")
        self.assertEqual(self.ok("manifest", "update", "apply", "update.json", *as_keeper), "Update manifest set successfully\n")
        self.write("older.json", {"Packages": {"app": {"SecurityVersion": 4}}})
        self.refused("manifest", "update", "apply", "older.json", *as_keeper,
                     text="tries to downgrade SecurityVersion of the original manifest")
        self.ok("manifest", "get", "-i", "-u", self.address, "-o", "effective.json")
        self.assertEqual(json.loads(self.read("effective.json"))["Packages"]["app"]["SecurityVersion"], 5)
        self.ok("manifest", "verify", "-i", "manifest.json", self.address)
        # The intermediate certificate is another one now, the root is not: what is cached stays good.
        self.ok("status", self.address)


class Updates(ReferenceCli):
    def change(self, manifest, name="update.json"):
        manifest["Marbles"]["second"] = {"Package": "app"}
        return self.write(name, manifest)

    def update(self, command, user, *arguments):
        return ["manifest", "update", command, *arguments, self.address, *self.user(user)]

    def test_everybody(self):
        manifest = self.manifest(updaters=["alice", "bob", "carol"], recovery_keys=["first"])
        self.set_manifest(manifest)
        manifest["RecoveryKeys"]["second"] = make_recovery_key(self.folder, "second")
        update = self.change(manifest)
        out = self.ok(*self.update("apply", "alice", update)).splitlines()
        self.assertEqual(out[:3], ["Update manifest submitted successfully.",
                                   "Changes are pending and have not been applied yet.",
                                   "2 users still need to acknowledge the update manifest."])
        self.assertIn(out[3].removeprefix("The following users may acknowledge the update: "), ["bob, carol", "carol, bob"])
        out = self.ok(*self.update("acknowledge", "bob", update)).splitlines()
        self.assertEqual(out, ["Acknowledgement successful:", "1 user still needs to acknowledge the update manifest.",
                               "The following users have not yet accepted: carol"])
        out = self.ok(*self.update("acknowledge", "carol", update, "-r", "recovery.json"))
        self.assertIn("All users have acknowledged the update manifest. Update successfully applied\n", out)
        # The recovery keys changed, so whoever completes the update gets the new secrets.
        self.assertEqual(sorted(json.loads(self.read("recovery.json"))["RecoverySecrets"]), ["first", "second"])
        self.ok("manifest", "verify", "-i", update, self.address)
        self.ok("manifest", "log", self.address, "-o", "log")
        events = [json.loads(line)["update"] for line in self.read("log").splitlines()]
        self.assertEqual(events, ["Initial manifest set",
                                  "Complete Manifest update initiated by user. Waiting for acknowledgments to apply the update",
                                  "Complete Manifest update acknowledged by user",
                                  "Complete Manifest update acknowledged by user", "Complete Manifest updated"])

    def test_threshold(self):
        manifest = self.manifest(updaters=["alice", "bob", "carol"], UpdateThreshold=2)
        self.set_manifest(manifest)
        update = self.change(manifest)
        out = self.ok(*self.update("apply", "alice", update))
        self.assertIn("\n1 user still needs to acknowledge the update manifest.\n", out)
        self.assertRegex(out, "The following users may acknowledge the update: (bob, carol|carol, bob)\n")

        self.assertEqual(self.ok("manifest", "update", "get", self.address), self.read(update))
        self.ok("manifest", "update", "get", self.address, "-o", "pending.json")
        self.assertEqual(self.read("pending.json"), self.read(update))
        self.assertRegex(self.ok("manifest", "update", "get", "--missing", self.address).strip(),
                         r"\AThe following users have not yet acknowledged the update: \[(bob carol|carol bob)\]\Z")

        other = self.write("other.json", self.read(update) + "\n")
        self.refused(*self.update("apply", "bob", other), text="update already in progress")
        self.write("package.json", {"Packages": {"app": {"SecurityVersion": 5}}})
        self.refused(*self.update("apply", "keeper", "package.json"), text="update already in progress")
        self.refused(*self.update("acknowledge", "bob", other), text="provided manifest does not match the pending manifest")
        self.refused(*self.update("acknowledge", "keeper", update),
                     text="user keeper is not allowed to acknowledge manifest updates")
        self.refused(*self.update("cancel", "keeper"), text="user keeper is not allowed to cancel the manifest update")
        make_user(self.folder, "stranger")
        for command, file in [("acknowledge", [update]), ("cancel", []), ("apply", [update])]:
            self.refused(*self.update(command, "stranger", *file), text="authorizing user: unauthorized user")

        self.assertEqual(self.ok(*self.update("cancel", "carol")), "Cancellation successful\n")
        self.refused("manifest", "update", "get", self.address, "-o", "none.json", text="no update in progress")
        self.assertFalse((self.folder / "none.json").exists())
        self.refused(*self.update("cancel", "carol"), text="no update in progress")
        self.refused(*self.update("acknowledge", "carol", update), text="no update in progress")

        self.ok(*self.update("apply", "bob", update))
        # A pending update survives a restart.
        self.coordinator.stop()
        self.coordinator.start()
        self.assertEqual(self.ok(*self.update("acknowledge", "carol", update)),
                         "Acknowledgement successful:\n"
                         "All users have acknowledged the update manifest. Update successfully applied\n")
        self.ok("manifest", "verify", "-i", update, self.address)

    def test_alone_and_refused(self):
        manifest = self.manifest(updaters=["alice"])
        self.set_manifest(manifest)
        self.assertEqual(self.ok(*self.update("apply", "alice", self.change(manifest))), "Update manifest set successfully\n")
        manifest["Marbles"]["third"] = {"Package": "none"}
        self.refused(*self.update("apply", "alice", self.change(manifest)), text="invalid manifest: ")
        self.refused(*self.update("apply", "keeper", "manifest.json"),
                     text="user keeper is not allowed to update the complete manifest")


class Recovery(ReferenceCli):
    def lock(self, holders, **config):
        """A deployment that has lost its sealing key. Each holder's encrypted secret is in the file NAME.bin."""
        self.set_manifest(self.manifest(recovery_keys=holders, **config), "-r", "recovery.json")
        for name, secret in json.loads(self.read("recovery.json"))["RecoverySecrets"].items():
            (self.folder / f"{name}.bin").write_bytes(base64.b64decode(secret))
        self.coordinator.stop()
        (self.folder / "seal" / "sealed_key").unlink()
        self.coordinator.start()
        self.assertTrue(self.ok("status", "-i", self.address).startswith("1: Coordinator is in recovery mode."))
        self.refused("status", self.address, text="certificate signed by unknown authority")

    def recover(self, name, key=None):
        return ["recover", "-i", f"{name}.bin", self.address, "-k", f"{key or name}.pem"]

    def recovered(self):
        # By the cached certificate: it is the root of before again.
        self.assertTrue(self.ok("status", self.address).startswith("3: "))
        self.ok("manifest", "verify", "-i", "manifest.json", self.address)

    def still(self, remaining):
        return f"Secret was processed successfully. Upload the next secret. Remaining secrets: {remaining}"

    def test_single(self):
        self.lock(["holder"])
        make_recovery_key(self.folder, "foreign")
        self.refused(*self.recover("holder", "foreign"), text="decryption error")
        (self.folder / "wrong.bin").write_bytes(b"\x01" * 32)
        self.refused(*self.recover("wrong", "holder"), text="uploaded an invalid or already used secret")
        self.refused("recover", "-i", "holder.bin", self.address, text="key")
        self.assertEqual(self.ok(*self.recover("holder")).splitlines()[-1], "Recovery successful.")
        self.recovered()
        self.refused(*self.recover("holder"), text=WRONG_STATE)

    def test_all(self):
        self.lock(["r1", "r2", "r3"])
        self.assertEqual(self.ok(*self.recover("r2")).splitlines()[-1], self.still(2))
        self.refused(*self.recover("r2"), text="uploaded an invalid or already used secret")
        self.assertEqual(self.ok(*self.recover("r3")).splitlines()[-1], self.still(1))
        self.assertEqual(self.ok(*self.recover("r1")).splitlines()[-1], "Recovery successful.")
        self.recovered()

    def test_threshold(self):
        self.lock(["r1", "r2", "r3"], RecoveryThreshold=2)
        self.assertEqual(self.ok(*self.recover("r3")).splitlines()[-1], self.still(2))
        self.assertEqual(self.ok(*self.recover("r1")).splitlines()[-1], "Recovery successful.")
        self.recovered()

    def offline(self, name, encrypted):
        """Signs, and encrypts, where no network is; then sends from elsewhere."""
        plain, signature = f"{name}.plain", f"{name}.sig"
        self.ok("recover-with-signature", "sign-secret", f"{name}.bin", "-k", f"{name}.pem", "-o", signature)
        if encrypted:
            self.ok("recover-with-signature", "encrypt-secret", f"{name}.bin", "-k", f"{name}.pem", "-o", plain,
                    "--coordinator-pub-key", "ephemeral.pem")
        else:
            support.openssl("pkeyutl", "-decrypt", "-inkey", self.folder / f"{name}.pem", "-in", self.folder / f"{name}.bin",
                            "-out", self.folder / plain, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
                            "-pkeyopt", "rsa_mgf1_md:sha256")
        return ["recover-with-signature", "-i", plain, self.address, "-s", signature]

    def test_offline(self):
        self.lock(["r1", "r2"])
        self.refused("recover-with-signature", "-i", "r1.bin", self.address, "-s", "r1.bin", text="failed to decrypt recovery secret")
        self.ok("recover-with-signature", "public-key", "-i", self.address, "-o", "ephemeral.pem")
        self.assertIn("BEGIN PUBLIC KEY", self.ok("recover-with-signature", "public-key", "-i", self.address))
        self.assertEqual(self.ok(*self.offline("r1", encrypted=True)).splitlines()[-1], self.still(1))
        send = self.offline("r2", encrypted=False)
        (self.folder / "bad.sig").write_bytes((self.folder / "r1.sig").read_bytes())
        self.refused(*send[:-1], "bad.sig", text="no matching recovery key found for recovery public key")
        self.assertEqual(self.ok(*send).splitlines()[-1], "Recovery successful.")
        self.recovered()

    def test_offline_threshold(self):
        self.lock(["r1", "r2", "r3"], RecoveryThreshold=2)
        self.ok("recover-with-signature", "public-key", "-i", self.address, "-o", "ephemeral.pem")
        self.ok(*self.offline("r2", encrypted=True))
        self.assertEqual(self.ok(*self.offline("r3", encrypted=True)).splitlines()[-1], "Recovery successful.")
        self.recovered()

    def test_new_manifest_instead(self):
        self.lock(["holder"])
        self.set_manifest(self.manifest())
        self.assertTrue(self.ok("status", self.address).startswith("3: "))


if __name__ == "__main__":
    unittest.main(verbosity=2)
