"""Runs the command line program against a real Coordinator, and against servers that are none."""

import base64
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import support
from support import Cli, Coordinator, FakeServer, answering, make_recovery_key, make_user


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="steelie-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cli = Cli(self.folder)

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def assert_ok(self, answer):
        self.assertEqual(answer.code, 0, answer)
        self.assertEqual(answer.err, "", answer)
        return answer

    def assert_error(self, answer, *texts):
        """One line on standard error that names the cause, exit code 1."""
        self.assertEqual(answer.code, 1, answer)
        self.assertTrue(answer.err.startswith("Error: "), answer)
        self.assertEqual(answer.err.count("\n"), 1, answer)
        for text in texts:
            self.assertIn(text, answer.err)
        return answer


class CoordinatorTest(FolderTest):
    sim = True
    listen = "127.0.0.1"

    def setUp(self):
        super().setUp()
        self.coordinator = Coordinator(self.folder, sim=self.sim, address=self.listen)
        self.addCleanup(self.coordinator.stop)
        self.coordinator.start()
        self.address = self.coordinator.address
        measurement = self.cli("sim", "measure", support.COORDINATOR).out.strip()
        self.write("era-config.json", {"Sim": {"Measurement": measurement}})

    def verified(self, *arguments):
        return self.cli(*arguments, "--sim-platform", "sim")

    def manifest(self, users=(), recovery_keys=(), **extra):
        manifest = {
            "Packages": {"app": {"Sim": {"Measurement": "00" * 32, "SecurityVersion": 1}}},
            "Marbles": {"worker": {"Package": "app", "Parameters": {}}},
            "Users": {u: {"Certificate": make_user(self.folder, u), "Roles": ["updater", "keeper", "chief"]} for u in users},
            "RecoveryKeys": {k: make_recovery_key(self.folder, k) for k in recovery_keys},
            **extra,
        }
        if users:
            manifest["Roles"] = {
                "updater": {"ResourceType": "Packages", "ResourceNames": ["app"], "Actions": ["UpdateSecurityVersion"]},
                "keeper": {"ResourceType": "Secrets", "ResourceNames": ["token", "server"],
                           "Actions": ["ReadSecret", "WriteSecret"]},
                "chief": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            }
            manifest["Secrets"] = {"token": {"Type": "plain", "UserDefined": True},
                                   "server": {"Type": "cert-ecdsa", "Size": 256, "UserDefined": True}}
        return manifest

    def set_manifest(self, manifest, *arguments):
        path = self.write("manifest.json", manifest)
        return self.assert_ok(self.verified("manifest", "set", path, self.address, *arguments))

    def as_user(self, name, *arguments):
        return self.cli(*arguments, "--cert", f"{name}.crt", "--key", f"{name}.key")


class PackageInfoTest(FolderTest):
    """Signed enclaves, made of nothing but what is looked for."""

    def signature(self):
        sig = bytearray(1808)
        sig[0:16] = bytes.fromhex("06000000e10000000000010000000000")
        sig[24:40] = bytes.fromhex("01010000600000006000000001000000")
        sig[128:512] = b"\xab" * 384
        sig[960:992] = b"\xcd" * 32
        sig[1024:1028] = bytes([2, 1, 4, 3])
        return bytes(sig)

    def enclave(self, section, content):
        names = b"\0.shstrtab\0" + section + b"\0"
        table = 64 + len(names) + len(content)
        header = b"\x7fELF\x02\x01".ljust(40, b"\0") + table.to_bytes(8, "little") + bytes(10)
        header += b"".join(n.to_bytes(2, "little") for n in (64, 3, 1))

        def entry(name, offset, size):
            return name.to_bytes(4, "little") + bytes(20) + offset.to_bytes(8, "little") + size.to_bytes(8, "little") + bytes(24)

        return header + names + content + bytes(64) + entry(1, 64, len(names)) + entry(11, 64 + len(names), len(content))

    def assert_properties(self, path, *headings):
        lines = [
            *headings,
            "UniqueID (MRENCLAVE)      : " + "cd" * 32,
            "SignerID (MRSIGNER)       : " + hashlib.sha256(b"\xab" * 384).hexdigest(),
            "ProductID (ISVPRODID)     : 258",
            "SecurityVersion (ISVSVN)  : 772",
        ]
        self.assertEqual(self.assert_ok(self.cli("package-info", path)).out.splitlines(), lines)
        self.assertEqual(self.cli("package-info", path, "--json").json(), {
            "UniqueID": "cd" * 32, "SignerID": hashlib.sha256(b"\xab" * 384).hexdigest(), "ProductID": 258,
            "SecurityVersion": 772})

    def test_enclaves(self):
        for section in (b".oeinfo", b".note.sgxmeta"):
            (self.folder / "enclave").write_bytes(self.enclave(section, b"before" + self.signature()))
            self.assert_properties("enclave", "PackageProperties for 'enclave':")
        (self.folder / "enclave").write_bytes(self.enclave(b".oeinfo", b"not signed"))
        self.assert_error(self.cli("package-info", "enclave"), "unable to determine enclave properties", "sign it first")

    def test_gramine(self):
        (self.folder / "app").mkdir()
        self.assert_error(self.cli("package-info", "app"), "unable to determine enclave properties", ".sig", "Occlum")
        (self.folder / "app/app.sig").write_bytes(self.signature())
        self.assert_properties("app", "Detected Gramine instance.", "PackageProperties for Gramine instance at 'app':")
        self.assert_properties("app/app.sig", "PackageProperties for 'app/app.sig':")
        (self.folder / "app/other.sig").write_bytes(self.signature()[:-1])
        self.assert_error(self.cli("package-info", "app"), "several .sig files")
        self.assert_error(self.cli("package-info", "app/other.sig"), "no enclave signature")

    def test_occlum(self):
        (self.folder / "image/build/lib").mkdir(parents=True)
        (self.folder / "image/build/lib/libocclum-libos.signed.so").write_bytes(
            self.enclave(b".note.sgxmeta", self.signature()))
        self.assert_properties("image", "Detected Occlum image.", "PackageProperties for Occlum image at 'image':")

    def test_others(self):
        self.write("program", "#!/bin/sh\n")
        self.assertIn("on the simulated platform", self.cli("package-info", "program").out)
        self.assert_error(self.cli("package-info", "missing"), "missing")


class PlanTest(CoordinatorTest):
    def test_diff_needs_no_coordinator(self):
        old = self.manifest()
        self.write("old.json", old)
        self.assertEqual(self.cli("manifest", "diff", "old.json", "old.json", "--strict").out.splitlines()[0],
                         "Nothing changes in the manifest.")
        new = json.loads(json.dumps(old))
        new["Packages"]["app"]["Sim"]["SecurityVersion"] = 0
        new["Marbles"]["worker"]["MaxActivations"] = 3
        self.write("new.json", new)
        answer = self.assert_ok(self.cli("manifest", "diff", "old.json", "new.json"))
        self.assertIn("  ! package `app`: SecurityVersion was at least 1, will be at least 0 (loosens, "
                      "/Packages/app/Sim/SecurityVersion)\n", answer.out)
        self.assertIn("    marble `worker`: activations were unlimited, will be 3 (tightens", answer.out)
        self.assertEqual(self.cli("manifest", "diff", "old.json", "new.json", "--strict").code, 2)
        plan = self.cli("manifest", "diff", "old.json", "new.json", "--json").json()
        self.assertEqual([c["effect"] for c in plan["changes"]], ["loosens", "tightens"])
        self.assertIs(plan["loosens"], True)
        self.write("raise.json", {"Packages": {"app": {"SecurityVersion": 2}}})
        answer = self.cli("manifest", "diff", "old.json", "raise.json", "--strict")
        self.assertEqual(answer.code, 0)
        self.assertIn("\nAgreement\n    None is needed: an update of packages is applied at once.\n", answer.out)
        self.write("lower.json", {"Packages": {"app": {"SecurityVersion": 0}}})
        self.assert_error(self.cli("manifest", "diff", "old.json", "lower.json"), "NEW: ", "downgrade")
        self.assert_error(self.cli("manifest", "diff", "raise.json", "old.json"), "OLD: ")

    def test_diff_marks_what_locks_everybody_out(self):
        old = self.manifest(users=["alice"])
        self.write("old.json", old)
        new = json.loads(json.dumps(old))
        del new["Users"], new["Roles"]
        self.write("new.json", new)
        answer = self.cli("manifest", "diff", "old.json", "new.json", "--strict")
        self.assertEqual(answer.code, 2)
        self.assertIn("Changes; ! marks what takes something from everybody\n", answer.out)
        self.assertIn("  ! nobody will be able to replace the manifest any more: no user may update it (locks out, "
                      "/Config/UpdateThreshold)\n", answer.out)

    def test_plan_names_the_marbles_that_would_be_refused(self):
        program = self.folder / "program"
        shutil.copy("/bin/true", program)
        measurement = self.cli("sim", "measure", program).out.strip()
        manifest = self.manifest(users=["ada", "bob"])
        manifest["Packages"]["app"]["Sim"] = {"Measurement": measurement, "SecurityVersion": 1}
        manifest["Users"]["bob"]["Roles"] = ["keeper"]
        manifest["Config"] = {"UpdateThreshold": 1}
        self.set_manifest(manifest)
        ran = self.cli("run", "--type", "worker", "--coordinator", self.coordinator.environment["EDG_COORDINATOR_MESH_ADDR"],
                       "--sim-platform", "sim", "--sim-svn", "1", "--uuid-file", "uuid", "--", program)
        self.assertEqual(ran.code, 0, ran)
        self.write("raise.json", {"Packages": {"app": {"SecurityVersion": 2}}})
        log = self.cli("manifest", "log", self.address).out
        # The record of an activation without a limit is written a moment later.
        time.sleep(1.5)
        answer = self.assert_ok(self.as_user("ada", "manifest", "plan", "raise.json", self.address))
        self.assertIn("Marbles: 1 recorded, 1 would be refused\n", answer.out)
        self.assertIn("policy.sim.security_version: expected at least 2, seen 1 (/Packages/app/Sim/SecurityVersion)",
                      answer.out)
        self.assertEqual(self.as_user("ada", "manifest", "plan", "raise.json", self.address, "--strict").code, 2)
        plan = self.as_user("ada", "manifest", "plan", "raise.json", self.address, "--json").json()
        (marble,) = plan["refused"]
        self.assertEqual((marble["type"], marble["evidence"], marble["reason"]),
                         ("worker", "sim", "policy.sim.security_version"))
        self.assertIs(marble["refusedAlready"], False)
        self.assert_error(self.as_user("bob", "manifest", "plan", "raise.json", self.address), "403", "user bob")
        # Nothing happened.
        self.assertEqual(self.cli("manifest", "log", self.address).out, log)
        manifest["Packages"]["app"]["Sim"]["SecurityVersion"] = 1
        manifest["Marbles"]["worker"]["Parameters"] = {"Env": {"A": "1"}}
        self.write("new.json", manifest)
        answer = self.assert_ok(self.as_user("ada", "manifest", "plan", "new.json", self.address, "--strict"))
        self.assertIn("Marbles: 1 recorded, 0 would be refused", answer.out)
        self.assertIn("    1 of 1 must agree: ada", answer.out)


class LifeOfAManifest(CoordinatorTest):
    def test_set_get_verify(self):
        self.assert_error(self.verified("manifest", "get", self.address), "/api/v2/manifest: 404 Not Found: error: ",
                          "'steelie manifest set'")
        answer = self.set_manifest(self.manifest(recovery_keys=["r1"]), "-r", "recovery.json",
                                   "--nonce", "fresh", "--save-sgx-quote", "quote.bin")
        document = (self.folder / "manifest.json").read_bytes()
        fingerprint = hashlib.sha256(document).hexdigest()
        self.assertEqual(answer.out.splitlines(), [
            "Reusing existing config file",
            "Warning: the evidence is simulated; no hardware stands behind it",
            "Successfully verified Coordinator, now uploading manifest",
            f"Manifest signature: {fingerprint}",
            "Manifest successfully set",
            "Recovery data saved to: recovery.json",
        ])
        secrets = json.loads((self.folder / "recovery.json").read_text())["RecoverySecrets"]
        self.assertEqual(len(base64.b64decode(secrets["r1"])), 256)
        for private in [self.folder / "recovery.json", self.folder / "quote.bin", self.cli.cache]:
            self.assertEqual(mode(private), 0o600, private)
        self.assertGreater((self.folder / "quote.bin").stat().st_size, 100)
        self.assertEqual(self.cli.cache.read_text().count("BEGIN CERTIFICATE"), 2)

        version = self.cli("version", "--json").json()["version"]
        self.assertEqual(self.assert_ok(self.cli("status", self.address)).out.splitlines(), [
            "3: Coordinator is running correctly and ready to accept marbles.",
            f"Version:    {version}", "Platform:   sim", "Simulation: yes, nothing is protected", "Manifests:  strict"])
        status = self.cli("status", self.address, "--json").json()
        self.assertEqual((status["code"], status["version"], status["platform"]), (3, version, "sim"))
        self.assertIs(status["simulation"], True)
        self.assertIs(status["lenientManifest"], False)
        self.assertEqual(self.cli("manifest", "signature", "manifest.json").out, fingerprint + "\n")
        self.assertTrue(self.verified("manifest", "verify", "manifest.json", self.address).out.endswith("\nOK\n"))
        self.assertTrue(self.verified("manifest", "verify", fingerprint.upper(), self.address).out.endswith("\nOK\n"))
        self.assert_error(self.verified("manifest", "verify", "0" * 64, self.address),
                          "manifest hash does not match local hash")
        self.assert_error(self.verified("manifest", "verify", "0" * 63, self.address), "of invalid length")
        self.assert_error(self.verified("manifest", "verify", "x" * 64, self.address), "hex format")

        self.assert_ok(self.verified("manifest", "get", self.address, "-o", "got.json"))
        self.assertEqual((self.folder / "got.json").read_bytes(), document)
        self.assert_ok(self.verified("manifest", "get", self.address, "-s", "-o", "signed.json"))
        signed = json.loads((self.folder / "signed.json").read_text())
        self.assertEqual(signed, {"ManifestSignature": fingerprint, "Manifest": json.loads(document)})
        self.assert_error(self.verified("manifest", "set", "manifest.json", self.address),
                          "setting manifest: ", "server is not in expected state. The Coordinator has a manifest already")

    def test_yaml_is_uploaded_as_json(self):
        self.write("m.yaml", f"Packages:\n  app:\n    Sim:\n      Measurement: '{'00' * 32}'\n"
                             "Marbles:\n  worker:\n    Package: app\n")
        self.assert_ok(self.verified("manifest", "set", "m.yaml", self.address))
        self.assert_ok(self.verified("manifest", "get", self.address, "-o", "got.json"))
        document = (self.folder / "got.json").read_text()
        self.assertEqual(document, json.dumps(json.loads(document), sort_keys=True, separators=(",", ":")))
        self.assert_ok(self.verified("manifest", "verify", "m.yaml", self.address))

    def test_rejected_manifest(self):
        self.write("bad.json", {"Packages": {}, "Marbles": {"m": {"Package": "none"}}})
        self.assert_error(self.verified("manifest", "set", "bad.json", self.address), "400 Bad Request: ")
        self.assertFalse(self.cli.cache.exists())

    def test_package_update(self):
        self.set_manifest(self.manifest(users=["alice"]))
        self.write("update.json", {"Packages": {"app": {"SecurityVersion": 4}}})
        answer = self.assert_ok(self.as_user("alice", "manifest", "update", "apply", "update.json", self.address))
        self.assertEqual(answer.out, "Update manifest set successfully\n")
        log = self.assert_ok(self.cli("manifest", "log", self.address)).out.splitlines()
        self.assertEqual(log[:2], ["Successfully verified Coordinator, now requesting update log", "Update log:"])
        self.assertEqual(json.loads(log[3])["new version"], 4)
        self.assert_ok(self.verified("manifest", "get", "-u", self.address, "-o", "effective.json"))
        effective = json.loads((self.folder / "effective.json").read_text())
        self.assertEqual(effective["Packages"]["app"]["Sim"]["SecurityVersion"], 4)
        # A full update may take that back, but not without a word.
        warning = "the update lowers the SecurityVersion of package app from 4 to 1"
        document = json.loads((self.folder / "manifest.json").read_text())
        document["Marbles"]["second"] = {"Package": "app"}
        self.write("full.json", document)
        answer = self.assert_ok(self.as_user("alice", "manifest", "update", "apply", "full.json", self.address))
        self.assertEqual(answer.out.splitlines()[0], "Update manifest set successfully")
        self.assertIn(f"Warning: {warning}", answer.out)
        answer = self.assert_ok(self.as_user("alice", "manifest", "update", "apply", "full.json", self.address))
        self.assertNotIn("Warning", answer.out)
        make_user(self.folder, "mallory")
        self.assert_error(self.as_user("mallory", "manifest", "update", "apply", "update.json", self.address),
                          f"applying update: applying manifest update: POST https://{self.address}/api/v2/update: "
                          "authorizing user: unauthorized user")

    def test_full_update_needs_everybody(self):
        manifest = self.manifest(users=["alice", "bob"])
        self.set_manifest(manifest)
        manifest["Marbles"]["second"] = {"Package": "app", "Parameters": {}}
        self.write("update.json", manifest)
        self.assert_error(self.cli("manifest", "update", "get", self.address), "404 Not Found: error: no update in progress")
        answer = self.assert_ok(self.as_user("alice", "manifest", "update", "apply", "update.json", self.address))
        self.assertEqual(answer.out.splitlines(), [
            "Update manifest submitted successfully.", "Changes are pending and have not been applied yet.",
            "1 user still needs to acknowledge the update manifest.",
            "The following users may acknowledge the update: bob"])
        self.assertEqual(self.cli("manifest", "update", "get", self.address).out, (self.folder / "update.json").read_text())
        self.assertEqual(self.cli("manifest", "update", "get", self.address, "--missing").out.strip(),
                         "The following users have not yet acknowledged the update: [bob]")
        self.assert_ok(self.as_user("alice", "manifest", "update", "cancel", self.address))
        self.assert_ok(self.as_user("alice", "manifest", "update", "apply", "update.json", self.address))
        answer = self.assert_ok(self.as_user("bob", "manifest", "update", "acknowledge", "update.json", self.address))
        self.assertEqual(answer.out.splitlines(), [
            "Acknowledgement successful:",
            "All users have acknowledged the update manifest. Update successfully applied"])
        self.assert_ok(self.verified("manifest", "verify", "update.json", self.address))

    def test_secrets(self):
        self.set_manifest(self.manifest(users=["alice"]))
        self.write("secrets.json", {"token": {"Key": base64.b64encode(b"top secret value").decode()}})
        self.assert_ok(self.as_user("alice", "secret", "set", "secrets.json", self.address))
        pem = (self.folder / "alice.crt").read_text() + (self.folder / "alice.key").read_text()
        self.write("server.pem", pem)
        self.assert_ok(self.as_user("alice", "secret", "set", "server.pem", self.address, "--from-pem", "server"))
        self.write("got.json", "")
        os.chmod(self.folder / "got.json", 0o644)
        answer = self.as_user("alice", "secret", "get", "token", "server", self.address, "-o", "got.json")
        self.assertEqual(self.assert_ok(answer).out, "Saved secrets to: got.json\n")
        self.assertEqual(mode(self.folder / "got.json"), 0o600)
        got = json.loads((self.folder / "got.json").read_text())
        self.assertEqual(base64.b64decode(got["token"]["Private"]), b"top secret value")
        self.assertEqual(got["server"]["Type"], "cert-ecdsa")
        # What was saved can be uploaded again.
        self.write("other.json", {"token": {"Key": base64.b64encode(b"another").decode()}})
        self.assert_ok(self.as_user("alice", "secret", "set", "other.json", self.address))
        self.assert_ok(self.as_user("alice", "secret", "set", "got.json", self.address))
        again = self.as_user("alice", "secret", "get", "token", "server", self.address, "--json")
        self.assertEqual(self.assert_ok(again).json(), got)
        # No word of the file is in the message.
        self.write("broken.json", '{\n  "token": {"Key": "AAAA"},\n  hunter2\n}')
        answer = self.as_user("alice", "secret", "set", "broken.json", self.address)
        self.assertNotIn("hunter2", self.assert_error(answer, "broken.json: ", "not valid JSON: line 3, column 3").err)
        self.assert_error(self.as_user("alice", "secret", "set", "server.pem", self.address), "--from-pem NAME")
        # Flags of the parent command may stand anywhere; a secret may be called like a command.
        self.assert_error(self.cli("secret", "--cert", "alice.crt", "get", "status", self.address, "-k", "alice.key"),
                          "is not allowed to read one or more secrets of: [status]")
        self.assert_error(self.cli("secret", "get", "token", self.address), "--cert and --key")
        self.assert_error(self.cli("secret", "get", "token", self.address, "-c", "alice.crt"), "given together")
        make_user(self.folder, "other")
        self.assert_error(self.cli("secret", "get", "token", self.address, "-c", "alice.crt", "-k", "other.key"),
                          "other.key does not belong to the certificate alice.crt")

    def test_an_expired_user_is_told(self):
        self.set_manifest(self.manifest(users=["alice"]))
        support.openssl("x509", "-in", self.folder / "alice.crt", "-signkey", self.folder / "alice.key", "-days", "-1",
                        "-out", self.folder / "old.crt")
        answer = self.cli("secret", "get", "token", self.address, "-c", "old.crt", "-k", "alice.key")
        self.assertEqual(answer.code, 1, answer)
        self.assertIn("Warning: the client certificate old.crt expired on ", answer.out)
        self.assertIn("must name a user with exactly the certificate", answer.err)

    def test_the_other_port(self):
        make_user(self.folder, "alice")
        mesh = self.coordinator.environment["EDG_COORDINATOR_MESH_ADDR"].replace("0.0.0.0", "127.0.0.1")
        self.assert_error(self.cli("status", "-i", mesh), "looks like the marble API")
        self.assert_error(self.as_user("alice", "secret", "get", "x", mesh, "-i"), "and not the marble API")
        answer = self.cli("run", "--type", "worker", "--uuid-file", "uuid", "--coordinator", self.address, "--", "/bin/true")
        self.assertIn("looks like the client API", answer.err)

    def test_certificates(self):
        self.assert_error(self.verified("certificate", "root", self.address), "no certificate of a Coordinator is cached")
        self.set_manifest(self.manifest())
        for part, default, blocks in [("root", "marblerunRootCA.crt", 1), ("intermediate", "marblerunIntermediateCA.crt", 1),
                                      ("chain", "marblerunChainCA.crt", 2)]:
            answer = self.assert_ok(self.verified("certificate", part, self.address))
            self.assertIn(f"written to {default}\n", answer.out)
            self.assertEqual((self.folder / default).read_text().count("BEGIN"), blocks)
        support.openssl("verify", "-CAfile", self.folder / "marblerunRootCA.crt", self.folder / "marblerunIntermediateCA.crt")

    def test_recovery(self):
        self.set_manifest(self.manifest(recovery_keys=["r1"]), "-r", "recovery.json")
        secret = json.loads((self.folder / "recovery.json").read_text())["RecoverySecrets"]["r1"]
        (self.folder / "secret.bin").write_bytes(base64.b64decode(secret))
        self.coordinator.stop()
        (self.folder / "seal" / "sealed_key").unlink()
        self.coordinator.start()
        # The certificate is a temporary one now, so the pinned one does not match.
        self.assert_error(self.cli("status", self.address), "is not, and is not issued by, the expected root certificate",
                          "manifest verify")
        status = self.cli("status", "-i", self.address).out
        self.assertTrue(status.startswith("1: Coordinator is in recovery mode."))
        self.assertIn("\nRecovery:   0 of 1 secrets have come\nNeeded:     1 of r1\n", status)
        self.assertEqual(self.cli("status", "-i", self.address, "--json").json()["recovery"],
                         {"required": 1, "collected": [], "missing": ["r1"]})
        for command in (["manifest", "get"], ["manifest", "verify", "manifest.json"], ["manifest", "update", "get", "-i"]):
            answer = self.assert_error(self.verified(*command, self.address), "404", "'steelie recover' gives it")
            self.assertNotIn("manifest set", answer.err)
        make_user(self.folder, "u")
        self.assert_error(self.as_user("u", "secret", "get", "token", self.address, "-i"), "'steelie recover' gives it")
        self.assert_error(self.verified("certificate", "root", self.address), "has a temporary one: 'steelie recover'")
        make_recovery_key(self.folder, "wrong")
        self.assert_error(self.verified("recover", "secret.bin", self.address, "-k", "wrong.pem"), "does not decrypt")
        self.assert_error(self.verified("recover", "secret.bin", self.address), "--key")
        answer = self.assert_ok(self.verified("recover", "secret.bin", self.address, "-k", "r1.pem"))
        self.assertTrue(answer.out.endswith("\nRecovery successful.\n"), answer)
        self.assertTrue(self.assert_ok(self.cli("status", self.address)).out.startswith("3: "))


    def test_a_manifest_in_recovery_gives_the_old_state_up(self):
        self.assertNotIn("gives its old sealed state up", self.set_manifest(self.manifest(recovery_keys=["r1"])).out)
        self.coordinator.stop()
        (self.folder / "seal" / "sealed_key").unlink()
        self.coordinator.start()
        answer = self.set_manifest(self.manifest())
        warning = answer.out.index("Warning: the Coordinator is in recovery. A new manifest gives its old sealed state up")
        self.assertLess(warning, answer.out.index("now uploading manifest\n"))
        self.assertEqual(len(list((self.folder / "seal").glob("backup-*"))), 1)


class Trust(CoordinatorTest):
    listen = ""  # every address of the machine

    def test_another_coordinator(self):
        self.set_manifest(self.manifest())
        self.coordinator.stop()
        shutil.rmtree(self.folder / "seal")
        self.coordinator.start()
        self.assert_error(self.cli("status", self.address), "expected root certificate")
        self.assert_error(self.verified("certificate", "root", self.address, "-o", "x"),
                          "root certificate of Coordinator changed")
        self.assertFalse((self.folder / "x").exists())

    def test_wrong_name(self):
        self.set_manifest(self.manifest())
        port = self.coordinator.port
        self.assert_error(self.cli("status", f"127.0.0.2:{port}"), "is not valid for 127.0.0.2; the Coordinator's names are localhost")
        self.assert_ok(self.cli("status", f"localhost:{port}"))
        self.assert_ok(self.cli("status", "-i", f"127.0.0.2:{port}"))

    def test_evidence(self):
        self.assert_error(self.cli("quote", "verify", self.address), "--sim-platform")
        self.assertTrue(self.assert_ok(self.cli("sim", "host", "elsewhere")).out)
        self.assertEqual(mode(self.folder / "elsewhere" / "vendor.pem"), 0o600)
        self.assert_error(self.cli("quote", "verify", self.address, "--sim-platform", "elsewhere"),
                          "verifying Coordinator quote: ", "simulated platform")
        self.assertIn("\nOK\n", self.verified("quote", "verify", self.address, "--nonce", "n").out)
        self.assertEqual(self.cli("quote", "show", self.address, "--json").json()["kind"], "sim")
        self.write("other.json", {"Sim": {"Measurement": "11" * 32}})
        self.assert_error(self.verified("quote", "verify", self.address, "--era-config", "other.json"),
                          "invalid Measurement: expected 1111", "'steelie package-info PROGRAM --json'")
        self.write("other.json", {"Sim": {"Measurement": "11"}})
        self.assert_error(self.verified("quote", "verify", self.address, "--era-config", "other.json"),
                          "reading era config file: other.json: Sim: Measurement is not 64 hex digits")
        good = json.loads((self.folder / "era-config.json").read_text())
        self.write("other.json", {**good, "SecurtyVersion": 3})
        self.assertIn('Warning: ignored in the config: unknown member "SecurtyVersion"; did you mean `SecurityVersion`?\n',
                      self.verified("quote", "verify", self.address, "--era-config", "other.json").out)
        self.write("other.json", {"Sim": {**good["Sim"], "SignrID": "00" * 32}})
        self.assert_error(self.verified("quote", "verify", self.address, "--era-config", "other.json"),
                          'Sim: unknown member "SignrID"; did you mean `SignerID`?')
        (self.folder / "era-config.json").unlink()
        self.assert_error(self.verified("quote", "verify", self.address), "--era-config", "--insecure")

    def test_insecure_still_pins_within_the_command(self):
        path = self.write("manifest.json", self.manifest())
        answer = self.assert_ok(self.cli("manifest", "set", path, self.address, "-i", "--save-sgx-quote", "q"))
        self.assertTrue(answer.out.startswith("Warning: skipping quote verification\nCoordinator not verified, now "
                                              "uploading manifest\n"), answer)
        self.assertNotIn("Successfully verified", answer.out + self.cli("manifest", "get", self.address, "-i").out)
        self.assertTrue(self.cli.cache.exists())
        self.assertGreater((self.folder / "q").stat().st_size, 0)


class Run(CoordinatorTest):
    def test_arguments_belong_to_the_program(self):
        measurement = self.cli("sim", "measure", "/bin/echo").out.strip()
        manifest = self.manifest()
        manifest["Packages"]["app"] = {"Sim": {"Measurement": measurement}}
        self.set_manifest(manifest)
        run = ["run", "--type", "worker", "--sim-platform", "sim", "--uuid-file", "uuid",
               "--coordinator", self.coordinator.environment["EDG_COORDINATOR_MESH_ADDR"]]
        answer = self.cli(*run, "--", "/bin/echo", "status", "-b", "--json")
        self.assertEqual((answer.code, answer.out), (0, "status -b --json\n"), answer)
        for misspelt in [["--coordinator-rot", "root.crt"], ["--bogus"]]:
            answer = self.cli(*run, *misspelt, "--", "/bin/echo")
            self.assertEqual((answer.code, answer.out), (1, ""), answer)
            self.assertIn(f"Error: unknown flag: {misspelt[0]}", answer.err)

    def test_a_mistyped_platform_is_not_made(self):
        answer = self.cli("run", "--type", "worker", "--sim-platform", "smi", "--uuid-file", "uuid",
                          "--coordinator", self.coordinator.environment["EDG_COORDINATOR_MESH_ADDR"], "--", "/bin/echo")
        self.assertEqual((answer.code, answer.out), (1, ""), answer)
        self.assertIn("--sim-platform: smi is no host of a simulated platform", answer.err)
        self.assertIn("steelie sim host", answer.err)
        self.assertFalse((self.folder / "smi").exists())


class WithoutTee(CoordinatorTest):
    sim = False

    def test_only_insecure(self):
        self.assert_error(self.verified("manifest", "get", self.address), "vendor.crt")
        self.assert_error(self.cli("manifest", "get", self.address), "the Coordinator has no evidence", "--insecure")
        path = self.write("manifest.json", self.manifest())
        self.assert_ok(self.cli("manifest", "set", path, self.address, "--insecure"))
        self.assertTrue(self.assert_ok(self.cli("status", self.address)).out.startswith("3: "))


class BadServers(FolderTest):
    def setUp(self):
        super().setUp()
        make_user(self.folder, "server")
        self.tls = (self.folder / "server.crt", self.folder / "server.key")

    def status_of(self, handle, *arguments, tls=True):
        with FakeServer(handle, *(self.tls if tls else ())) as server:
            return self.cli("status", "-i", server.address, *arguments)

    def test_nobody_there(self):
        self.assert_error(self.cli("status", "-i", f"127.0.0.1:{support.free_port()}"), "Connection refused")
        self.assert_error(self.cli("status", "-i", "no-such-host.invalid:1"), "cannot resolve the host name")
        self.assert_error(self.cli("status", "-i", "https://host:1"), "it has a scheme")
        self.assert_error(self.cli("status", "-i", "host"), "the port is missing")

    def test_no_tls(self):
        self.assert_error(self.status_of(lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), tls=False),
                          "TLS handshake with", "does not speak TLS")
        with FakeServer(lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            answer = self.cli("run", "--type", "t", "--coordinator", server.address, "--", "/bin/true")
            self.assertIn("does not speak TLS", answer.err)

    def test_no_coordinator(self):
        for body in [b"<html></html>", b"", b"{}", b"\xff\xfe", b"[" * 100000]:
            self.assert_error(self.status_of(answering(body, "404 Not Found")), "this is not the answer of a Coordinator")
        self.assert_error(self.status_of(answering(b'{"status":"success","data":{"code":"x"}}')), "unexpected answer")

    def test_no_http(self):
        self.assert_error(self.status_of(lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")), "no valid HTTP answer")
        self.assert_error(self.status_of(lambda c: support.read_request(c)), "closed the connection")

    def test_cut_off(self):
        def handle(connection):
            support.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")

        self.assert_error(self.status_of(handle), "closed the connection before its answer was complete")

    def test_huge(self):
        def announced(connection):
            support.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}")
            connection.recv(1)

        def streamed(connection):
            support.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(80):
                connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

        self.assert_error(self.status_of(announced), "larger than 64 MiB")
        self.assert_error(self.status_of(streamed), "larger than 64 MiB")

    def test_silent(self):
        start = time.monotonic()
        self.assert_error(self.status_of(lambda c: c.recv(65536) and c.recv(1), "--timeout", "1"), "no answer within 1000 ms")
        self.assertLess(time.monotonic() - start, 20)

    def test_messages_cannot_forge_lines_or_control_the_terminal(self):
        body = json.dumps({"status": "error", "message": "a\nError: b\x1b[2J\r\u009b\u202e"}).encode()
        answer = self.assert_error(self.status_of(answering(body, "500 X")), "500 Internal Server Error: error: a; Error: b\\x1b[2J\\x0d\\u009b\\u202e")
        self.assertNotIn("\x1b", answer.err)
        body = json.dumps({"status": "success", "data": {"code": 3, "message": "\x1b[2J\u009b\u202e"}}, ensure_ascii=False)
        answer = self.assert_ok(self.status_of(answering(body.encode())))
        self.assertTrue(answer.out.startswith("3: \\x1b[2J\\u009b\\u202e\n"), answer)
        answer = self.assert_ok(self.status_of(answering(body.encode()), "--json"))
        self.assertTrue(answer.out.isascii(), answer)
        self.assertEqual(answer.json()["message"], "\x1b[2J\u009b\u202e")

    def test_wrong_pin(self):
        make_user(self.folder, "other")
        cache = self.write("cache.pem", (self.folder / "other.crt").read_text() * 2)
        with FakeServer(answering(b"{}"), *self.tls) as server:
            self.assert_error(self.cli("status", server.address, "--coordinator-cert", cache), "expected root certificate")
        self.write("cache.pem", (self.folder / "other.crt").read_text())
        self.assert_error(self.cli("status", "127.0.0.1:1", "--coordinator-cert", cache),
                          "could not parse Coordinator root certificate from PEM data")

    def test_old_coordinator(self):
        def handle(connection):
            request = support.read_request(connection)
            if b"/api/v2/" in request:
                support.send_answer(connection, b'{"status":"error","data":null}', "405 Method Not Allowed")
            else:
                support.send_answer(connection, b'{"status":"success","data":{"StatusCode":2,"StatusMessage":"old"}}')

        self.assertEqual(self.assert_ok(self.status_of(handle)).out, "2: old\n")


class Offline(FolderTest):
    def test_check(self):
        self.write("good.json", {"Packages": {"app": {"Sim": {"Measurement": "00" * 32}}},
                                 "Marbles": {"m": {"Package": "app", "CertificateValidity": 90}}})
        answer = self.assert_ok(self.cli("manifest", "check", "good.json", "--strict"))
        self.assertIn("good.json: OK, fingerprint ", answer.out)
        self.write("bad.json", '{\n "Packages": {"app": {"Sim": {}}},\n "Marbles": {"m": {"Package": "other"}},\n "Colour": 1\n}')
        answer = self.cli("manifest", "check", "bad.json")
        self.assertEqual(answer.code, 1)
        self.assertRegex(answer.out, r"(?m)^bad\.json:3:\d+: error: .*/Marbles/m/Package, manifest\.package\.unknown\)$")
        self.assertRegex(answer.out, r"(?m)^bad\.json:4:\d+: error: ")
        problems = self.cli("manifest", "check", "bad.json", "--json", "--lenient").json()["problems"]
        self.assertEqual([p["severity"] for p in problems if p["pointer"].startswith("/Colour")], ["warning"])
        self.assert_error(self.cli("manifest", "check", "none.json"), "none.json: No such file")
        self.write("broken.json", '{"a": ]')
        self.assert_error(self.cli("manifest", "check", "broken.json"), "broken.json:1:7: ")
        self.write("comma.json", '{"Packages": {},}')
        self.assert_error(self.cli("manifest", "signature", "comma.json"), "comma.json:1:17: ", "ends in .json")

    def test_check_reports_every_placeholder(self):
        text = json.dumps({"Packages": {"app": {"Sim": {"Measurement": "00" * 32}}},
                           "Marbles": {"m": {"Package": "app", "Parameters": {
                               "Env": {"A": "{{ hex .Secrets.none }}", "B": "$$rot_ca"},
                               "Files": {"/f": "x\n{{ nope }}"}}}}}, indent=1)
        self.write("m.json", text)
        answer = self.cli("manifest", "check", "m.json")
        self.assertEqual(answer.code, 1, answer)
        line = lambda name: 1 + text[:text.index(f'"{name}"')].count("\n")
        for place in [f'm.json:{line("A")}:11: error: in the template, line 1: the secret "none" does not exist '
                      "(/Marbles/m/Parameters/Env/A, template.exec)",
                      f'm.json:{line("/f")}:12: error: in the template, line 2: ',
                      f'm.json:{line("B")}:11: advice: `$$rot_ca` is no placeholder']:
            self.assertIn(place, answer.out)
        self.assertIn("did you mean `$$root_ca`?", answer.out)

    def test_files(self):
        make_user(self.folder, "u")
        self.write("secrets.json", {"a": {"Key": "AAEC"}})
        run = lambda *a: self.cli("secret", "set", "secrets.json", "127.0.0.1:1", "-i", *a)
        self.assert_error(run("-c", "none.crt", "-k", "u.key"), "none.crt: No such file")
        self.assert_error(run("-c", "u.crt", "-k", "u.crt"), "u.crt: no PEM private key")
        self.assert_error(run("-c", "u.key", "-k", "u.key"), "u.key: no PEM certificate")
        self.write("broken.key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWJ5dGVz\n-----END PRIVATE KEY-----\n")
        answer = self.assert_error(run("-c", "u.crt", "-k", "broken.key"), "broken.key: ", "no valid private key")
        self.assertNotIn("c2VjcmV0", answer.err)
        self.write("secrets.json", {"a": {"Key": "hunter2!"}})
        answer = self.assert_error(run("-c", "u.crt", "-k", "u.key"), 'secret "a": the JSON member "Key" is not base64')
        self.assertNotIn("hunter2", answer.err)

    def test_command_line(self):
        for arguments, text in [(["bogus"], 'unknown command "bogus" for "steelie"'),
                                (["manifest", "bogus"], 'unknown command "bogus" for "steelie manifest"'),
                                (["status", "a:1", "--bogus"], "unknown flag: --bogus"),
                                (["status", "a:1", "b"], 'unexpected argument "b"'),
                                (["status"], "ADDRESS is required"),
                                (["help", "bogus"], "unknown help topic")]:
            answer = self.cli(*arguments)
            self.assertEqual(answer.code, 1, answer)
            self.assertTrue(answer.err.startswith("Error: " + text), answer)
            self.assertEqual(answer.out, "", answer)
        for arguments in [[], ["manifest"], ["--help"], ["manifest", "set", "-h"], ["help", "manifest", "set"]]:
            answer = self.assert_ok(self.cli(*arguments))
            self.assertIn("Usage: steelie", answer.out)
        self.assertIn("Options of every command", self.cli("seal", "--help").out)
        self.assertNotIn("Options of every command", self.cli("run", "--help").out)
        for arguments in [["run", "--json", "--", "true"], ["--json", "run", "--type", "t", "--", "true"]]:
            self.assert_error(self.cli(*arguments), "`run` has no --json")
        for flag in (["--timeout", "5"], ["--sim-platform", "host"], ["-i"], ["--nonce", "n"]):
            name = {"-i": "--insecure"}.get(flag[0], flag[0])
            self.assert_error(self.cli(*flag, "run", "--type", "t", "--", "true"), f"{name} stands before `run`")
        self.assertRegex(self.cli("version").out, r"^CLI Version: v\d+\.\d+\.\d+ \nCommit: \w+\n$")
        self.assert_error(self.cli("status", "a:1", XDG_CONFIG_HOME=""), "--coordinator-cert")

    def test_every_command_is_documented(self):
        root = Path(__file__).parents[2]
        cli_md = (root / "docs" / "cli.md").read_text()
        manual = (root / "docs" / "man" / "steelie.1").read_text().replace("\\-", "-")
        pending = [[]]
        while pending:
            path = pending.pop()
            help_text = self.assert_ok(self.cli("help", *path)).out
            _, _, rest = help_text.partition("\nSubcommands:\n")
            children = [line.split()[0] for line in rest.partition("\n\n")[0].splitlines() if line.startswith("  ")]
            pending += [path + [child] for child in children]
            if path:
                for name, text in [("docs/cli.md", cli_md), ("docs/man/steelie.1", manual)]:
                    self.assertIn(" ".join(path), text, f"{name} does not mention the command")
            for line in help_text.partition("\nSubcommands:\n")[0].splitlines():
                for word in line.replace(",", " ").split():
                    if word.startswith("--") and word != "--help":
                        self.assertIn(word.split("=")[0], cli_md, f"docs/cli.md does not mention a flag of {path}")
                        self.assertIn(word.split("=")[0], manual, f"the manual does not mention a flag of {path}")

    def test_version(self):
        json_form = self.assert_ok(self.cli("--version", "--json")).json()
        self.assertEqual(json_form, self.cli("version", "--json").json())
        self.assertRegex(json_form["openssl"], r"^3\.")
        lines = self.assert_ok(self.cli("--version")).out.splitlines()
        self.assertEqual(lines[0], f"steelie {json_form['version']} ({json_form['commit']})")
        self.assertEqual(lines[-1], f"OpenSSL {json_form['openssl']}")
        if "buildDate" in json_form:
            self.assertRegex(json_form["buildDate"], r"^\d{4}-\d\d-\d\d$")
        import subprocess
        out = subprocess.run([support.COORDINATOR, "--version"], capture_output=True, check=True, text=True).stdout
        self.assertEqual(out.splitlines()[0], f"steelie-coordinator {json_form['version']} ({json_form['commit']})")
        self.assertEqual(out.splitlines()[1:], lines[1:])

    def test_completion(self):
        for shell in ["bash", "zsh", "fish"]:
            self.assertIn("recoverydata", self.assert_ok(self.cli("completion", shell)).out)
        script = self.write("completion.bash", self.cli("completion", "bash").out)
        import subprocess
        (self.folder / "folder").mkdir()
        for line, expected in [("manifest up", "update"), ("-i manifest update ", "apply acknowledge cancel get"),
                               ("secret get --o", "--output"), ("certificate r", "root"),
                               # Values of flags, and arguments.
                               ("manifest set comp", "completion.bash"), ("--era-config comp", "completion.bash"),
                               ("run --key ", "p256 p384"), ("run --key = p3", "p384"), ("secret get --key comp", "completion.bash"),
                               ("run --sim-platform ", "folder"), ("sim host fo", "folder"), ("--nonce status ma", "manifest"),
                               ("run --js", ""), ("run --era", ""), ("status --js", "--json"),
                               ("status ", ""), ("--nonce ", ""), ("recover --key x comp", "completion.bash")]:
            words = line.split(" ")
            run = (f"source {script}; COMP_WORDS=(steelie {' '.join(w or chr(39) * 2 for w in words)}); "
                   f"COMP_CWORD={len(words)}; _steelie; echo \"${{COMPREPLY[*]}}\"")
            out = subprocess.run(["bash", "-c", run], capture_output=True, check=True, cwd=self.folder).stdout.decode().strip()
            self.assertEqual(out, expected, line)


if __name__ == "__main__":
    unittest.main()
