"""schemathesis drives the client API by its own description, in every state, as stranger, user and marble.

Each answer has to be a documented one: status, headers, media type, schema. The seed is fixed and a run takes about a
minute; STEELIE_FUZZ_SECONDS=N fuzzes for N seconds in each state with a new seed."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
import harness  # noqa: E402

CHECKS = [
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "envelope",
]
SECONDS = os.environ.get("STEELIE_FUZZ_SECONDS")


def setUpModule():
    global PACKAGES
    setup = HERE.parents[2] / "tools" / "setup-python"
    PACKAGES = subprocess.run([setup], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Fuzz(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())
        self.users = {name: harness.make_certificate(self.folder, name) for name in ["alice", "bob", "carol"]}
        self.start()

    def start(self):
        sim = self.folder / "sim"
        self.coordinator = harness.Coordinator(self.folder / "seal", EDG_COORDINATOR_SIM_PLATFORM=str(sim))
        self.addCleanup(self.coordinator.kill)

    def manifest(self):
        roles = ["keeper", "packager", "updater"]
        return {
            "Packages": {"app": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 3}},
            "Marbles": {"worker": {"Package": "app", "Parameters": {"Env": {"KEY": "{{ hex .Secrets.shared }}"}}}},
            "Secrets": {
                "token": {"Type": "plain", "UserDefined": True},
                "key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
                "server": {"Type": "cert-ecdsa", "Size": 256, "UserDefined": True},
                "shared": {"Type": "symmetric-key", "Size": 256, "Shared": True},
            },
            "Users": {name: {"Certificate": user.pem, "Roles": roles} for name, user in self.users.items()},
            "Roles": {
                "updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
                "packager": {"ResourceType": "Packages", "ResourceNames": ["app"], "Actions": ["UpdateSecurityVersion"]},
                "keeper": {
                    "ResourceType": "Secrets",
                    "ResourceNames": ["token", "key", "server"],
                    "Actions": ["ReadSecret", "WriteSecret"],
                },
            },
            "RecoveryKeys": {"holder": self.recovery_key()},
            # What one user submits stays pending: others would have to agree.
            "Config": {"UpdateThreshold": 2, "FeatureGates": ["SignQuoteEndpoint", "MonotonicCounter"]},
        }

    def recovery_key(self):
        file = self.folder / "holder.pem"
        if not file.exists():
            harness.openssl("genrsa", "-out", str(file), "2048")
        return harness.openssl("rsa", "-in", str(file), "-pubout").decode()

    def fuzz(self, state, user=None, only=None):
        self.assertEqual(self.coordinator.get("/api/v2/status").data["code"], state)
        base = f"https://127.0.0.1:{self.coordinator.rest_port}"
        command = ["/usr/bin/python3", "-B", "-m", "schemathesis.cli", "--no-color", "run", f"{base}/api/v2/openapi.json"]
        command += ["--url", base, "--tls-verify", "false", "--checks", ",".join(CHECKS), "--workers", "1"]
        command += ["--suppress-health-check", "all", "--request-timeout", "20", "--warnings", "off"]
        if SECONDS:
            command += ["--max-time", SECONDS, "--max-examples", "100000"]
        else:
            command += ["--seed", "1", "--max-examples", "20", "--generation-deterministic"]
        if user is not None:
            command += ["--request-cert", user.chain_file, "--request-cert-key", user.key_file]
        for path in only or []:
            command += ["--include-path", path]
        packages = {"Packages": {"app": {"SecurityVersion": 4}}}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": f"{PACKAGES}:{HERE}",
            "PYTHONWARNINGS": "ignore",
            "SCHEMATHESIS_HOOKS": "hooks",
            "STEELIE_FUZZ_STATE": str(state),
            "STEELIE_FUZZ_MANIFEST": json.dumps([self.manifest(), packages]),
        }
        with tempfile.TemporaryFile() as output:
            limit = 240 + 2 * float(SECONDS or 0)
            done = subprocess.run(command, cwd=self.folder, env=environment, stdout=output, stderr=output, timeout=limit)
            output.seek(0)
            report = output.read().decode(errors="replace")
        self.assertEqual(done.returncode, 0, report)
        print(report[report.find("Test Phases:") :], flush=True)
        # It is alive, and still in the state that was to be tested.
        self.assertEqual(self.coordinator.get("/api/v2/status").data["code"], state)

    def test_accepting_manifest(self):
        self.fuzz(2)

    def test_stranger(self):
        self.coordinator.set_manifest(self.manifest())
        self.fuzz(3)

    def test_user(self):
        self.coordinator.set_manifest(self.manifest())
        self.fuzz(3, self.users["alice"])

    def test_user_while_an_update_is_pending(self):
        self.coordinator.set_manifest(self.manifest())
        document = harness.b64(json.dumps(self.manifest()).encode())
        answer = self.coordinator.post("/api/v2/update", {"manifest": document}, self.users["alice"])
        self.assertEqual(answer.data["missingAcknowledgments"], 1)
        paths = ["update", "update-manifest"]
        self.fuzz(3, self.users["alice"], [f"/api/v2/{p}" for p in paths] + [f"/{p}" for p in paths])
        self.assertEqual(self.coordinator.get("/api/v2/update-manifest").data["manifest"], document)

    def test_marble(self):
        self.coordinator.set_manifest(self.manifest())
        with self.coordinator.marble(self.users["bob"]) as marble:
            env = marble.activate("worker").env
        chain, key = self.folder / "marble.crt", self.folder / "marble.key"
        chain.write_bytes(env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
        key.write_bytes(env["MARBLE_PREDEFINED_PRIVATE_KEY"])
        marble = harness.ClientCertificate(str(key), str(chain), chain.read_text())
        self.fuzz(3, marble, ["/api/v2/monotonic-counter"])

    def test_recovery(self):
        self.coordinator.set_manifest(self.manifest())
        self.coordinator.kill()
        (self.folder / "seal" / "sealed_key").unlink()
        self.start()
        self.fuzz(1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
