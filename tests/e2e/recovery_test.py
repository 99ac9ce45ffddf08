"""Recovery from outside: restarts between uploads, the flow with a machine that has no network, and drills."""

import base64
import json
import shutil
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import support
from support import Cli, Coordinator, make_recovery_key, openssl


class RecoveryTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="steelie-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cli = Cli(self.folder)
        self.coordinator = Coordinator(self.folder)
        self.addCleanup(self.coordinator.stop)
        self.coordinator.start()
        self.address = self.coordinator.address
        measurement = self.cli("sim", "measure", support.COORDINATOR).out.strip()
        (self.folder / "era-config.json").write_text(json.dumps({"Sim": {"Measurement": measurement}}))

    def ok(self, *arguments):
        answer = self.cli(*arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer

    def online(self, *arguments):
        return self.cli(*arguments, "--sim-platform", "sim")

    def online_ok(self, *arguments):
        return self.ok(*arguments, "--sim-platform", "sim")

    def refused(self, answer, text):
        self.assertEqual(answer.code, 1, answer)
        self.assertIn(text, answer.err)

    def set_manifest(self, count, threshold=0):
        """Recovery keys r0, r1, ... and their secrets in r0.bin, ..."""
        names = [f"r{i}" for i in range(count)]
        manifest = {
            "Packages": {"app": {"Sim": {"Measurement": "00" * 32, "SecurityVersion": 1}}},
            "Marbles": {"worker": {"Package": "app", "Parameters": {}}},
            "RecoveryKeys": {name: make_recovery_key(self.folder, name) for name in names},
            "Config": {"RecoveryThreshold": threshold},
        }
        (self.folder / "manifest.json").write_text(json.dumps(manifest))
        self.online_ok("manifest", "set", "manifest.json", self.address, "-r", "recovery.json")
        secrets = json.loads((self.folder / "recovery.json").read_text())["RecoverySecrets"] if names else {}
        for name in names:
            (self.folder / f"{name}.bin").write_bytes(base64.b64decode(secrets[name]))

    def lose_the_key(self):
        self.coordinator.stop()
        for path in (self.folder / "seal").glob("*key*"):
            path.unlink()
        self.coordinator.start()
        self.assertEqual(self.state(), 1)

    def restart(self):
        self.coordinator.stop()
        self.coordinator.start()

    def crash(self):
        self.coordinator.process.kill()
        self.coordinator.process.wait(30)
        self.coordinator.start()

    def state(self):
        return self.ok("status", self.address, "-i", "--json").json()["code"]

    def recover(self, name):
        return self.online("recover", f"{name}.bin", self.address, "-k", f"{name}.pem", "--json")

    def log(self):
        return (self.folder / "coordinator.log").read_text()


class Restarts(RecoveryTest):
    def test_a_crash_between_uploads_loses_nothing(self):
        self.set_manifest(3)
        self.lose_the_key()
        self.assertEqual(self.recover("r2").json(), {"recovered": False, "remaining": 2})
        self.crash()
        self.refused(self.recover("r2"), "the one of r2 was uploaded before")
        self.assertEqual(self.recover("r0").json(), {"recovered": False, "remaining": 1})
        self.crash()
        self.restart()
        self.assertIn("were collected before the restart count", self.log())
        self.assertEqual(self.recover("r1").json(), {"recovered": True, "remaining": 0})
        self.assertFalse((self.folder / "seal" / "recovery_shares").exists())
        self.restart()
        self.assertEqual(self.state(), 3)

    def test_removing_the_keys_does_not_disturb_a_recovery(self):
        self.set_manifest(2)
        self.lose_the_key()
        self.assertEqual(self.recover("r0").json()["remaining"], 1)
        self.lose_the_key()
        self.assertEqual(self.recover("r1").json()["remaining"], 0)

    def test_a_damaged_file_is_ignored(self):
        self.set_manifest(3, threshold=2)
        self.lose_the_key()
        self.assertEqual(self.recover("r0").json()["remaining"], 2)
        path = self.folder / "seal" / "recovery_shares"
        sealed = bytearray(path.read_bytes())
        secret = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", self.folder / "r0.pem", "-pkeyopt",
                                 "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-in",
                                 self.folder / "r0.bin"], capture_output=True, check=True).stdout
        self.assertEqual(len(secret), 33)
        self.assertNotIn(secret[:8], bytes(sealed))
        sealed[len(sealed) // 2] ^= 1
        self.coordinator.stop()
        path.write_bytes(sealed)
        self.coordinator.start()
        self.assertIn("collected.malformed", self.log())
        self.assertEqual(self.recover("r1").json()["remaining"], 2)
        self.assertEqual(self.recover("r0").json()["remaining"], 0)

    def test_two_holders_at_the_same_instant(self):
        self.set_manifest(3, threshold=2)
        self.lose_the_key()
        answers = {}
        threads = [threading.Thread(target=lambda n=n: answers.update({n: self.recover(n)})) for n in ("r0", "r1")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(a.json()["remaining"] for a in answers.values()), [0, 2], answers)
        self.assertEqual(self.state(), 3)


class Offline(RecoveryTest):
    """The private keys are on a machine without a network: a folder of its own."""

    def setUp(self):
        super().setUp()
        self.vault = Path(tempfile.mkdtemp(prefix="steelie-e2e-"))
        self.addCleanup(shutil.rmtree, self.vault, ignore_errors=True)
        self.vault_cli = Cli(self.vault)

    def carry(self, source, target, *names):
        for name in names:
            shutil.copy(source / name, target / name)

    def take_away(self, *names):
        self.carry(self.folder, self.vault, *names)
        for name in names:
            (self.folder / name).unlink()

    def vault_ok(self, *arguments):
        answer = self.vault_cli(*arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer

    def send(self, *arguments):
        return self.online("recover-with-signature", "encrypted.bin", self.address, "-s", "signature.bin", *arguments)

    def test_with_steelie(self):
        for threshold in (0, 2):
            with self.subTest(threshold=threshold):
                self.set_manifest(3, threshold)
                self.take_away("r0.pem", "r0.bin", "r1.pem", "r1.bin")
                self.lose_the_key()
                answer = self.online_ok("recover-with-signature", "public-key", self.address, "-o", "ephemeral.pem")
                self.assertIn("Public key written to: ephemeral.pem", answer.out)
                self.assertEqual((self.folder / "ephemeral.pem").stat().st_mode & 0o777, 0o600)
                printed = self.online_ok("recover-with-signature", "public-key", self.address).out
                self.assertIn((self.folder / "ephemeral.pem").read_text(), printed)
                self.refused(self.online("recover-with-signature", "public-key", self.address, "-o", "ephemeral.pem"),
                             "exists")
                self.carry(self.folder, self.vault, "ephemeral.pem")

                self.sign_and_encrypt("r0")
                answer = self.send()
                self.assertEqual(answer.code, 0, answer)
                self.assertTrue(answer.out.endswith("Secret was processed successfully. Upload the next secret. "
                                                    "Remaining secrets: 2\n"), answer)
                self.refused(self.send(), "the one of r0 was uploaded before")
                self.sign_and_encrypt("r1")
                shutil.copy(self.folder / "signature.bin", self.folder / "right.bin")
                (self.folder / "signature.bin").write_bytes(bytes(256))
                self.refused(self.send(), 'no matching recovery key found for recovery public key "r1"')
                shutil.copy(self.folder / "right.bin", self.folder / "signature.bin")
                self.assertEqual(self.send("--json").json(), {"recovered": threshold == 2,
                                                              "remaining": 0 if threshold == 2 else 1})
                if threshold == 0:
                    self.assertTrue(self.recover("r2").json()["recovered"])
                self.assertEqual(self.state(), 3)
                self.coordinator.stop()
                shutil.rmtree(self.folder / "seal")
                for path in [*self.vault.iterdir(), self.folder / "ephemeral.pem", self.folder / "recovery.json"]:
                    if path.is_file():
                        path.unlink()
                self.coordinator.start()

    def sign_and_encrypt(self, name):
        for output in ("encrypted.bin", "signature.bin"):
            (self.vault / output).unlink(missing_ok=True)
        self.vault_ok("recover-with-signature", "encrypt-secret", f"{name}.bin", "--coordinator-pub-key",
                      "ephemeral.pem", "-k", f"{name}.pem", "-o", "encrypted.bin")
        self.vault_ok("recover-with-signature", "sign-secret", f"{name}.bin", "-k", f"{name}.pem", "-o",
                      "signature.bin")
        self.carry(self.vault, self.folder, "encrypted.bin", "signature.bin")

    def test_with_openssl(self):
        self.set_manifest(1)
        self.take_away("r0.pem", "r0.bin")
        self.lose_the_key()
        self.online_ok("recover-with-signature", "public-key", self.address, "-o", "ephemeral.pem")
        self.carry(self.folder, self.vault, "ephemeral.pem")
        oaep = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt",
                "rsa_mgf1_md:sha256"]
        openssl("pkeyutl", "-decrypt", "-inkey", self.vault / "r0.pem", *oaep, "-in", self.vault / "r0.bin", "-out",
                self.vault / "plain.bin")
        openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", self.vault / "ephemeral.pem", *oaep, "-in",
                self.vault / "plain.bin", "-out", self.vault / "encrypted.bin")
        openssl("dgst", "-sha256", "-sign", self.vault / "r0.pem", "-out", self.vault / "signature.bin",
                self.vault / "plain.bin")
        self.carry(self.vault, self.folder, "encrypted.bin", "signature.bin")
        self.assertTrue(self.send("--json").json()["recovered"])
        # steelie makes the same signature, and a plain secret needs no key to be encrypted.
        self.vault_ok("recover-with-signature", "sign-secret", "plain.bin", "-k", "r0.pem", "-o", "again.bin")
        self.assertEqual((self.vault / "again.bin").read_bytes(), (self.vault / "signature.bin").read_bytes())
        self.vault_ok("recover-with-signature", "encrypt-secret", "plain.bin", "--coordinator-pub-key",
                      "ephemeral.pem", "-o", "again2.bin")

    def test_a_plain_secret_is_encrypted_on_the_way(self):
        self.set_manifest(1)
        self.lose_the_key()
        openssl("pkeyutl", "-decrypt", "-inkey", self.folder / "r0.pem", "-pkeyopt", "rsa_padding_mode:oaep",
                "-pkeyopt", "rsa_oaep_md:sha256", "-in", self.folder / "r0.bin", "-out", self.folder / "encrypted.bin")
        openssl("dgst", "-sha256", "-sign", self.folder / "r0.pem", "-out", self.folder / "signature.bin",
                self.folder / "encrypted.bin")
        self.assertTrue(self.send("--json").json()["recovered"])

    def test_mistakes(self):
        self.set_manifest(1)
        command = "recover-with-signature"
        (self.folder / "plain.bin").write_bytes(bytes(32))
        self.refused(self.online(command, "r0.bin", self.address), "--signature")
        self.refused(self.online(command), "FILE is required")
        self.refused(self.online("recover"), "FILE is required")
        self.refused(self.online("recover", "r0.bin"), "ADDRESS is required")
        self.refused(self.online(command, "public-key", self.address), "server is not in expected state")
        self.refused(self.cli(command, "sign-secret", "r0.bin", "-o", "x"),
                     'signing requires setting either "--key" or "--pkcs11-config"')
        self.refused(self.cli(command, "sign-secret", "r0.bin", "-k", "r0.pem"), "--output")
        self.refused(self.cli(command, "encrypt-secret", "plain.bin", "-o", "x"), "--coordinator-pub-key")
        self.refused(self.cli(command, "encrypt-secret", "r0.bin", "-o", "x", "--coordinator-pub-key", "r0.pub"),
                     'recovery key appears to be encrypted, but no "--key" or "--pkcs11-config" flag was set')
        self.refused(self.cli(command, "encrypt-secret", "plain.bin", "-o", "x", "--coordinator-pub-key", "r0.pem"),
                     "PUBLIC KEY")
        self.assertFalse((self.folder / "x").exists())
        (self.folder / "x").write_text("kept")
        self.refused(self.cli(command, "sign-secret", "r0.bin", "-k", "r0.pem", "-o", "x"), "exists")
        self.assertEqual((self.folder / "x").read_text(), "kept")


class Drills(RecoveryTest):
    def drill(self, *arguments):
        return self.online("recover", "drill", *arguments, "--json")

    def prove(self, name, key=None):
        return self.drill(self.address, "--share", f"{name}.bin", "--key", f"{key or name}.pem")

    def test_until_the_quorum(self):
        self.set_manifest(3, threshold=2)
        before = self.drill(self.address).json()
        self.assertEqual((before["proven"], before["holders"], before["required"], before["quorum"]), (0, 3, 2, False))
        self.assertEqual(self.prove("r1").json(), {"holder": "r1", "proven": ["r1"], "missing": ["r0", "r2"],
                                                   "required": 2, "quorum": False})
        self.refused(self.prove("r0", "r1"), "does not decrypt")
        self.assertEqual(self.prove("r1").json()["proven"], ["r1"])
        self.assertTrue(self.prove("r0").json()["quorum"])
        text = self.online_ok("recover", "drill", self.address).out
        self.assertTrue(text.endswith("2 of 3 holders have proved it in the last 24 hours, 2 are needed: quorum "
                                      "reached\n"), text)
        text = self.online_ok("recover", "drill", self.address, "--share", "r2.bin", "--key", "r2.pem").out
        self.assertTrue(text.endswith("Recovery secret and key of r2: proved.\n3 of 3 holders, 2 are needed: quorum "
                                      "reached\n"), text)
        # The service went on, the key was not put together, and what was proved outlives a restart.
        self.assertEqual(self.state(), 3)
        self.restart()
        self.assertEqual(self.drill(self.address).json()["proven"], 3)
        log = self.online_ok("manifest", "log", self.address, "-i").out
        self.assertEqual(log.count("Recovery drill reached its quorum"), 1)
        self.lose_the_key()
        self.refused(self.drill(self.address), "server is not in expected state")
        self.recover("r0")
        self.assertTrue(self.recover("r2").json()["recovered"])

    def test_single_and_all(self):
        for count in (1, 2):
            self.set_manifest(count)
            for i in range(count):
                self.assertEqual(self.prove(f"r{i}").json()["quorum"], i == count - 1)
            self.coordinator.stop()
            shutil.rmtree(self.folder / "seal")
            (self.folder / "recovery.json").unlink()
            self.coordinator.start()

    def test_without_recovery_keys(self):
        self.set_manifest(0)
        self.refused(self.drill(self.address), "nobody could recover")

    def test_offline(self):
        self.set_manifest(2)
        text = self.online_ok("recover", "drill", self.address, "--save-challenge", "challenge.bin").out
        self.assertIn("Challenge written to: challenge.bin, good until 20", text)
        self.assertEqual(len((self.folder / "challenge.bin").read_bytes()), 32)
        self.assertEqual((self.folder / "challenge.bin").stat().st_mode & 0o777, 0o600)
        self.ok("recover", "drill", "--challenge", "challenge.bin", "--share", "r0.bin", "--key", "r0.pem",
                "--save-proof", "proof.json")
        proof = (self.folder / "proof.json").read_text()
        answer = self.drill(self.address, "--proof", "proof.json")
        self.assertEqual(answer.json()["proven"], ["r0"])
        # The key of the secret is in the proof, the secret is not; a proof for another challenge is worth nothing.
        self.assertEqual(sorted(json.loads(proof)), ["challenge", "possessionKey", "possessionSignature",
                                                     "recoveryKeySignature"])
        (self.folder / "challenge.bin").write_bytes(bytes(32))
        self.ok("recover", "drill", "--challenge", "challenge.bin", "--share", "r1.bin", "--key", "r1.pem",
                "--save-proof", "other.json")
        self.refused(self.drill(self.address, "--proof", "other.json"), "not the challenge of the drill")
        mixed = json.loads((self.folder / "other.json").read_text())
        mixed["challenge"] = json.loads(proof)["challenge"]
        (self.folder / "mixed.json").write_text(json.dumps(mixed))
        self.refused(self.drill(self.address, "--proof", "mixed.json"), "not made with the recovery secret")
        (self.folder / "garbage.json").write_text("[]")
        self.refused(self.drill(self.address, "--proof", "garbage.json"), "possessionKey")

    def test_mistakes(self):
        for arguments in ([], ["--challenge", "c"], ["--save-proof", "p"], [self.address, "--key", "k"],
                          [self.address, "--share", "s", "--proof", "p"], ["--challenge", "c", "--save-proof", "p"],
                          [self.address, "--challenge", "c"], [self.address, "--proof", "p", "--save-challenge", "c"]):
            answer = self.drill(*arguments)
            self.assertEqual(answer.code, 1, answer)
            self.assertTrue(answer.err.startswith("Error: "), answer)
            self.assertIn("--", answer.err)
        offline = ["--challenge", "c", "--save-proof", "p"]
        self.refused(self.drill(self.address, *offline), "make a proof offline: leave ADDRESS out")
        self.refused(self.drill(*offline[:2]), "needs both --challenge FILE and --save-proof FILE")
        self.refused(self.drill(self.address, "--share", "s"), "server is not in expected state")
        self.assertEqual(self.drill(self.address, "one too many").code, 1)


if __name__ == "__main__":
    unittest.main()
