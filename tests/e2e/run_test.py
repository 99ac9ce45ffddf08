"""`steelie run` against a real Coordinator: what a marble gets, and what it is refused."""

import hashlib
import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from deployment import BIN, Deployment, free_port

PROGRAM = """#!/bin/sh
# A marble: tells what it was given.
echo "args=$*"
echo "greeting=$GREETING"
echo "host=$FROM_HOST"
echo "file=$(cat "$SECRET_FILE")"
echo "key=$(printf %s "$SEAL_KEY" | wc -c)"
echo "umask=$(umask)"
[ -n "$MARBLE_PREDEFINED_PRIVATE_KEY" ] && echo "private key"
exit 42
"""

WAITING = """#!/bin/sh
trap 'echo stopped; exit 3' TERM
echo ready
while :; do sleep 0.05; done
"""


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.deployment = Deployment().start()
        cls.addClassCleanup(cls.deployment.close)
        folder = cls.deployment.folder
        cls.files = folder / "marble"
        programs = {"worker": PROGRAM, "waiting": WAITING}
        packages = {}
        for name, text in programs.items():
            path = folder / name
            path.write_text(text)
            path.chmod(0o755)
            packages[name] = {"Sim": {"Measurement": hashlib.sha256(text.encode()).hexdigest(), "ProductID": 3}}
        parameters = {
            "Files": {f"{cls.files}/deep/secret": "shared {{ hex .Secrets.shared }}"},
            "Env": {
                "GREETING": "hello",
                "SECRET_FILE": f"{cls.files}/deep/secret",
                "SEAL_KEY": "$$seal_key",
            },
        }
        cls.manifest = {
            "Packages": packages,
            "Marbles": {
                "worker": {"Package": "worker", "Parameters": parameters},
                "with-argv": {
                    "Package": "worker",
                    "Parameters": {**parameters, "Argv": ["zero", "from", "manifest"]},
                },
                "waiting": {"Package": "waiting", "Parameters": {}},
            },
            "Secrets": {"shared": {"Type": "symmetric-key", "Size": 128, "Shared": True}},
        }
        # Before there is a manifest, nobody is admitted.
        cls.without_manifest = cls.run_marble("worker", "./worker")
        cls.deployment.set_manifest(cls.manifest)

    @classmethod
    def command(cls, kind: str, program: str, *arguments: str, flags=(), product: int = 3) -> list:
        return [
            BIN / "steelie", "run", "--type", kind, "--coordinator", cls.deployment.mesh,
            "--sim-platform", cls.deployment.sim, "--sim-product", str(product), *flags, "--", program, *arguments,
        ]  # fmt: skip

    @classmethod
    def run_marble(cls, *args, env=None, **kwargs) -> subprocess.CompletedProcess:
        return subprocess.run(
            cls.command(*args, **kwargs), cwd=cls.deployment.folder, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "FROM_HOST": "yes", **(env or {})},
        )  # fmt: skip

    def assert_refused(self, result: subprocess.CompletedProcess, *messages: str) -> None:
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout, "", "the program must not have run")
        errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        self.assertEqual(len(errors), 1, result.stderr)
        for message in messages:
            self.assertIn(message, errors[0])

    def test_files_variables_and_arguments_arrive_and_the_exit_code_passes(self) -> None:
        result = self.run_marble("worker", "./worker", "one", "[two,2]", "", "--type", "--")
        self.assertEqual(result.returncode, 42, result.stderr)
        lines = result.stdout.splitlines()
        self.assertIn("args=one [two,2]  --type --", lines)
        self.assertIn("greeting=hello", lines)
        self.assertIn("host=yes", lines)
        self.assertRegex(result.stdout, r"file=shared [0-9a-f]{32}\n")
        self.assertIn("key=64", lines)
        self.assertIn("private key", lines)
        self.assertEqual((self.files / "deep" / "secret").stat().st_mode & 0o7777, 0o600)
        self.assertEqual((self.files / "deep").stat().st_mode & 0o7777, 0o700)
        self.assertIn("[PreMain] ", result.stderr)
        self.assertIn("Not using TTLS", result.stderr)
        self.assertTrue(result.stderr.rstrip().endswith("done with PreMain"), result.stderr)

    def test_a_misspelt_flag_is_named(self) -> None:
        self.assert_refused(self.run_marble("worker", "./worker", flags=["--tpye", "x"]), "--tpye")

    def test_umask_of_the_program_is_the_one_of_its_caller(self) -> None:
        result = subprocess.run(
            ["sh", "-c", 'umask 027; exec "$@"', "sh", *self.command("worker", "./worker")],
            cwd=self.deployment.folder, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.assertIn("umask=0027", result.stdout)

    def test_arguments_of_the_manifest_replace_those_of_the_command_line(self) -> None:
        result = self.run_marble("with-argv", "./worker", "ignored")
        self.assertEqual(result.returncode, 42, result.stderr)
        self.assertIn("args=from manifest\n", result.stdout)

    def test_only_what_is_kept_of_the_environment_reaches_the_program(self) -> None:
        result = self.run_marble("worker", "./worker", flags=["--keep-env", "PATH,OTHER"])
        self.assertIn("host=\n", result.stdout)
        self.assertIn("greeting=hello\n", result.stdout)

    def test_the_uuid_and_hence_the_sealing_key_stay(self) -> None:
        uuid_file = self.deployment.folder / "kept-uuid"
        flags = ["--uuid-file", str(uuid_file)]
        self.run_marble("worker", "./worker", flags=flags)
        uuid = uuid_file.read_bytes()
        self.assertEqual(len(uuid), 36)
        self.assertEqual(uuid_file.stat().st_mode & 0o7777, 0o600)
        result = self.run_marble("worker", "./worker", flags=flags)
        self.assertIn("found UUID: " + uuid.decode(), result.stderr)
        uuid_file.write_bytes(uuid + b"\n")
        self.assert_refused(self.run_marble("worker", "./worker", flags=flags), "newline")

    def test_environment_variables_do_what_flags_do(self) -> None:
        env = {
            "PATH": os.environ["PATH"],
            "EDG_MARBLE_TYPE": "worker",
            "EDG_MARBLE_COORDINATOR_ADDR": self.deployment.mesh,
            "EDG_MARBLE_UUID_FILE": str(self.deployment.folder / "env-uuid"),
            "EDG_LOG_FORMAT": "json",
        }
        result = subprocess.run(
            [BIN / "steelie", "run", "--", "./worker"], env=env, cwd=self.deployment.folder,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.assertEqual(result.returncode, 42, result.stderr)
        for line in result.stderr.splitlines():
            self.assertTrue(json.loads(line)["msg"].startswith("[PreMain] "), line)
        self.assertTrue((self.deployment.folder / "env-uuid").exists())
        # Without evidence: accepted in simulation.
        self.assertIn("Proceeding in simulation mode", result.stderr)

    def test_signals_reach_the_program(self) -> None:
        process = subprocess.Popen(
            self.command("waiting", "./waiting"), cwd=self.deployment.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
        self.assertEqual(rest, "stopped\n")
        self.assertEqual(process.returncode, 3)

    def test_p384_works_too(self) -> None:
        self.assertEqual(self.run_marble("worker", "./worker", flags=["--key", "p384"]).returncode, 42)

    def test_a_changed_program_is_refused_naming_both_measurements(self) -> None:
        changed = PROGRAM.replace("hello", "hullo").replace("42", "43")
        (self.deployment.folder / "changed").write_text(changed)
        (self.deployment.folder / "changed").chmod(0o755)
        result = self.run_marble("worker", "./changed")
        expected = self.manifest["Packages"]["worker"]["Sim"]["Measurement"]
        self.assert_refused(result, "PermissionDenied", expected, hashlib.sha256(changed.encode()).hexdigest())

    def test_another_product_is_refused(self) -> None:
        self.assert_refused(self.run_marble("worker", "./worker", product=4), "PermissionDenied", "ProductID")

    def test_without_manifest_nobody_is_admitted(self) -> None:
        self.assert_refused(self.without_manifest, "FailedPrecondition")
        self.assertIn("has no manifest yet, or is in recovery", self.without_manifest.stderr)

    def test_an_unknown_type_is_refused(self) -> None:
        self.assert_refused(self.run_marble("nobody", "./worker"), "PermissionDenied")

    def test_a_missing_type_names_its_variable(self) -> None:
        result = subprocess.run(
            [BIN / "steelie", "run", "--", "./worker"], env={"PATH": os.environ["PATH"]},
            cwd=self.deployment.folder, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.assert_refused(result, "EDG_MARBLE_TYPE")

    def test_a_missing_program_fails_before_anything_else(self) -> None:
        uuid_file = self.deployment.folder / "never-made"
        result = self.run_marble("worker", "./missing", flags=["--uuid-file", str(uuid_file)])
        self.assert_refused(result, "./missing")
        self.assertFalse(uuid_file.exists())

    def test_the_pinned_coordinator_is_accepted(self) -> None:
        pin = self.deployment.folder / "root.pem"
        pin.write_text(self.deployment.root_certificate())
        result = self.run_marble("worker", "./worker", flags=["--coordinator-root", str(pin)])
        self.assertEqual(result.returncode, 42, result.stderr)

    def test_a_pin_that_is_no_certificate_is_named(self) -> None:
        pin = self.deployment.folder / "no.pem"
        pin.write_text("no certificate")
        result = self.run_marble("worker", "./worker", flags=["--coordinator-root", str(pin)])
        self.assert_refused(result, f"--coordinator-root {pin}: expected a PEM file", "'steelie certificate root'")

    def test_another_coordinator_is_refused_before_anything_is_written(self) -> None:
        other = Deployment().start()
        self.addCleanup(other.close)
        secret = other.folder / "must-not-exist"
        manifest = json.loads(json.dumps(self.manifest))
        manifest["Marbles"]["worker"]["Parameters"]["Files"] = {str(secret): "x"}
        other.set_manifest(manifest)
        pin = self.deployment.folder / "pin.pem"
        pin.write_text(self.deployment.root_certificate())
        command = [
            BIN / "steelie", "run", "--type", "worker", "--coordinator", other.mesh, "--coordinator-root", pin,
            "--", "./worker",
        ]  # fmt: skip
        result = subprocess.run(command, cwd=self.deployment.folder, capture_output=True, text=True, timeout=60)
        self.assert_refused(result, "not the pinned Coordinator")
        self.assertFalse(secret.exists())

    def test_an_unreachable_coordinator_fails_at_once_or_after_retrying(self) -> None:
        command = self.command("worker", "./worker", flags=["--coordinator", f"127.0.0.1:{free_port()}"])
        command.remove("--coordinator")
        command.remove(self.deployment.mesh)
        started = time.monotonic()
        result = subprocess.run(command, cwd=self.deployment.folder, capture_output=True, text=True, timeout=60)
        self.assert_refused(result, "cannot reach the Coordinator")
        self.assertLess(time.monotonic() - started, 5)

        late = Deployment()
        self.addCleanup(late.close)
        command = [
            BIN / "steelie", "run", "--type", "worker", "--coordinator", late.mesh, "--retry", "30", "--", "./worker",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, cwd=self.deployment.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for line in process.stderr:
            if "trying again" in line:
                break
        late.start()
        _, rest = process.communicate(timeout=60)
        # It reached the Coordinator, which has no manifest yet.
        self.assertEqual(process.returncode, 1)
        self.assertIn("FailedPrecondition", rest)


class SealTest(unittest.TestCase):
    def test_what_is_sealed_comes_back_and_tampering_is_noticed(self) -> None:
        deployment = Deployment()
        self.addCleanup(deployment.close)
        folder: Path = deployment.folder
        (folder / "in").write_bytes(b"data\0")
        (folder / "key").write_text("0123456789abcdef" * 4 + "\n")
        seal = [BIN / "steelie", "seal", "--key-env", "KEY", "in", "sealed"]
        unseal = [BIN / "steelie", "unseal", "--key-file", "key", "sealed", "out"]
        env = {"KEY": "0123456789abcdef" * 4}
        subprocess.run(seal, cwd=folder, env=env, check=True, timeout=30)
        subprocess.run(unseal, cwd=folder, check=True, timeout=30)
        self.assertEqual((folder / "out").read_bytes(), b"data\0")
        told = subprocess.run([*unseal, "--json"], cwd=folder, check=True, timeout=30, capture_output=True).stdout
        self.assertEqual(json.loads(told), {"done": "unseal", "input": "sealed", "output": "out"})
        sealed = bytearray((folder / "sealed").read_bytes())
        self.assertNotIn(b"data", sealed)
        sealed[-1] ^= 1
        (folder / "sealed").write_bytes(sealed)
        (folder / "out").unlink()
        result = subprocess.run(unseal, cwd=folder, capture_output=True, text=True, timeout=30)
        self.assertEqual(result.returncode, 1)
        self.assertIn("tampered", result.stderr)
        self.assertFalse((folder / "out").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
