"""Start and end of a Coordinator, and bad surroundings: settings, ports, disks, files of the seal directory."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest
from pathlib import Path

import grpc
import harness
from harness import b64

READY = 3
RECOVERY = 1


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())
        self.seal = self.folder / "seal"

    def start(self, *args, **named) -> harness.Coordinator:
        return self.enterContext(harness.Coordinator(named.pop("seal", self.seal), *args, **named))

    def assertRefusesToStart(self, reason, message, *args, seal=None, **named):
        """It ends by itself with code 1 and one clear last word."""
        done = harness.run_to_end(seal or self.seal, *args, **named)
        self.assertEqual(done.code, 1, done.log)
        error = done.last_error()
        self.assertEqual(error.get("reason"), reason, done.log)
        self.assertIn(message, error["error"])

    def snapshot(self, folder=None) -> dict:
        folder = Path(folder or self.seal)
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    @staticmethod
    def status(coordinator) -> int:
        return coordinator.get("/api/v2/status").data["code"]


class SettingsTest(Case):
    def test_without_a_tee_simulation_must_be_asked_for(self):
        for value in (None, "0", "", "true", "yes"):
            self.assertRefusesToStart("mode.no_tee", "OE_SIMULATION=1", OE_SIMULATION=value)
        self.assertFalse((self.seal / "ledger.db").exists())
        self.start("--simulation", OE_SIMULATION=None)

    def test_unsupported_settings(self):
        for name, value in (
            ("EDG_STORE_BACKEND", "k8s-secret"),
            ("EDG_DISTRIBUTED_COORDINATOR", "1"),
            ("EDG_AZURE_HSM_VAULT_URL", "https://vault"),
            ("EDG_AZURE_HSM_KEY_NAME", "key"),
        ):
            done = harness.run_to_end(self.seal, **{name: value})
            self.assertEqual(done.code, 1)
            self.assertIn(name, done.log)
            self.assertIn("not supported", done.log)
        self.assertFalse(self.seal.exists())

    def test_bad_settings(self):
        toml = self.folder / "c.toml"
        for text in ("=", "client_addr = ':1'\nclient_addr = ':2'", "unheard_of = 1", "[section]\nx = 1"):
            toml.write_text(text)
            done = harness.run_to_end(self.seal, "--config", str(toml))
            self.assertEqual(done.code, 1, text)
            self.assertIn("c.toml", done.log)
        for args in (
            ["--unheard-of"],
            ["--curve", "p521"],
            ["--config", str(self.folder / "missing.toml")],
            ["--curve"],
            ["word"],
        ):
            done = harness.run_to_end(self.seal, *args)
            self.assertEqual(done.code, 1, args)
            self.assertIn(args[-1], done.log)
        self.assertFalse(self.seal.exists())
        self.assertRefusesToStart(
            "mode.sim_platform", "simulation", "--sim-platform", str(self.folder / "sim"), OE_SIMULATION=None
        )
        self.assertRefusesToStart(
            "config.sim_signer", "64 hex digits", "--sim-platform", str(self.folder / "sim"), "--sim-signer", "ab"
        )

    def test_addresses(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            busy = f"127.0.0.1:{taken.getsockname()[1]}"
            for name in ("EDG_COORDINATOR_CLIENT_ADDR", "EDG_COORDINATOR_MESH_ADDR", "EDG_COORDINATOR_PROMETHEUS_ADDR"):
                self.assertRefusesToStart("listen.bind", busy, **{name: busy})
        for bad in ("4433", "127.0.0.1", "127.0.0.1:99999", "::1:4433", ":x", "127.0.0.1:-1"):
            self.assertRefusesToStart("listen.address", bad, EDG_COORDINATOR_CLIENT_ADDR=bad)

    def test_precedence(self):
        def names(*args, **named):
            with harness.Coordinator(self.folder / "p", *args, **named) as coordinator:
                der = coordinator.root_certificate()
            text = harness.openssl("x509", "-inform", "DER", "-noout", "-ext", "subjectAltName", stdin=der).decode()
            return {name for name in ("flag", "env", "file", "localhost") if f"DNS:{name}" in text}

        toml = self.folder / "c.toml"
        toml.write_text('dns_names = "file"\nlenient_manifest = true\n')
        config, flag = ["--config", str(toml)], ["--dns-names", "flag"]
        self.assertEqual(names(), {"localhost"})
        self.assertEqual(names(*config), {"file"})
        self.assertEqual(names(*config, EDG_COORDINATOR_DNS_NAMES=""), {"file"})
        self.assertEqual(names(*config, EDG_COORDINATOR_DNS_NAMES="env"), {"env"})
        self.assertEqual(names(*config, *flag, EDG_COORDINATOR_DNS_NAMES="env"), {"flag"})
        self.assertTrue(self.start(*config).get("/api/v2/status").data["lenientManifest"])
        other = self.start(*config, seal=self.folder / "other", EDG_COORDINATOR_LENIENT_MANIFEST="0")
        self.assertFalse(other.get("/api/v2/status").data["lenientManifest"])

    def test_startup_manifest(self):
        manifest = self.folder / "manifest.json"
        manifest.write_text(json.dumps(MANIFEST))
        coordinator = self.start("--startup-manifest", str(manifest))
        self.assertEqual(self.status(coordinator), READY)
        coordinator.kill()
        manifest.write_text("{")
        self.assertRefusesToStart(
            "manifest.json.syntax", "start-up manifest", seal=self.folder / "other", EDG_STARTUP_MANIFEST=str(manifest)
        )
        self.assertRefusesToStart(
            "file.missing",
            "missing.json",
            seal=self.folder / "third",
            EDG_STARTUP_MANIFEST=str(self.folder / "missing.json"),
        )

    def test_version_and_help(self):
        for flag in ("--version", "--help"):
            done = harness.run_to_end(self.seal, flag)
            self.assertEqual(done.code, 0)
            self.assertIn(
                "steelie-coordinator", done.log.lower().replace("the steelie coordinator", "steelie-coordinator")
            )


MANIFEST = {
    "Packages": {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 1}},
    "Marbles": {
        "worker": {"Package": "pkg", "Parameters": {"Env": {"SEAL": "{{ hex .MarbleRun.SealKey }}"}}},
        "limited": {"Package": "pkg", "MaxActivations": 3},
    },
    "Secrets": {"token": {"Type": "plain", "UserDefined": True}},
    "Roles": {
        "tokens": {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["ReadSecret", "WriteSecret"]}
    },
    "Config": {"FeatureGates": ["MonotonicCounter"]},
}


class DeployedCase(Case):
    """Begins with a deployment in `self.seal`, whose Coordinator has ended."""

    def setUp(self):
        super().setUp()
        self.user = harness.make_certificate(self.folder, "user")
        self.marble = harness.make_certificate(self.folder, "marble")
        coordinator = self.start()
        self.deploy(coordinator)
        self.root = coordinator.root_certificate()
        self.assertEqual(coordinator.terminate(), 0)

    def deploy(self, coordinator):
        users = {"user": {"Certificate": self.user.pem, "Roles": ["tokens"]}}
        self.assertEqual(coordinator.set_manifest(MANIFEST | {"Users": users}).status, 200)
        self.assertEqual(self.upload(coordinator, b"first").status, 200)

    def upload(self, coordinator, value: bytes):
        return coordinator.post("/api/v2/secrets", {"secrets": {"token": {"Key": b64(value)}}}, self.user)

    def token(self, coordinator) -> str:
        return coordinator.get("/api/v2/secrets?s=token", self.user).data["secrets"]["token"]["Private"]

    def assertWhole(self, coordinator, token=b"first"):
        self.assertEqual(self.status(coordinator), READY)
        self.assertEqual(coordinator.root_certificate(), self.root)
        self.assertEqual(self.token(coordinator), b64(token))


class LifeTest(DeployedCase):
    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            coordinator = self.start()
            # A request that never comes must not hold it up.
            with coordinator.connect() as sock:
                sock.sendall(b"GET /sta")
                coordinator.process.send_signal(number)
                self.assertEqual(coordinator.process.wait(harness.TIMEOUT), 0)
            self.assertIn("Shutting down", coordinator.log)

    def test_kill_and_restart(self):
        coordinator = self.start()
        with coordinator.marble(self.marble) as marble:
            seal_key = marble.activate("worker", "7ef8e1b5-0b69-4d55-a68c-d2d3e4a04b01").env["SEAL"]
            marble.activate("limited")
            marble.activate("limited")
        self.assertEqual(self.upload(coordinator, b"second").status, 200)
        coordinator.kill()
        coordinator = self.start()
        self.assertWhole(coordinator, b"second")
        with coordinator.marble(self.marble) as marble:
            self.assertEqual(marble.activate("worker", "7ef8e1b5-0b69-4d55-a68c-d2d3e4a04b01").env["SEAL"], seal_key)
            marble.activate("limited")
            with self.assertRaises(grpc.RpcError) as caught:
                marble.activate("limited")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)

    def test_two_on_one_directory(self):
        first = self.start()
        self.assertRefusesToStart("ledger.locked", "another process")
        self.assertWhole(first)
        self.assertEqual(self.upload(first, b"second").status, 200)
        first.kill()
        self.assertWhole(self.start(), b"second")

    def test_monitoring(self):
        fresh = self.start(seal=self.folder / "fresh")
        self.assertEqual(fresh.monitoring("/readyz").status, 503)
        self.assertEqual(fresh.monitoring("/events").json, None)
        coordinator = self.start()
        self.assertEqual(coordinator.monitoring("/readyz").status, 200)
        name = "7ef8e1b5-0b69-4d55-a68c-d2d3e4a04b02"
        with coordinator.marble(self.marble) as marble:
            marble.activate("worker", name)
            with self.assertRaises(grpc.RpcError):
                marble.activate('no"such\n', name)
        (event,) = coordinator.monitoring("/events").json
        self.assertEqual(event["activation"], {"marbleType": "worker", "uuid": name, "quote": None})
        metrics = coordinator.monitoring("/metrics")
        self.assertEqual(metrics.status, 200)
        text = metrics.body.decode()
        for line in (
            f'coordinator_marble_activations_total{{type="worker",uuid="{name}"}} 1',
            f'coordinator_marble_activations_success_total{{type="worker",uuid="{name}"}} 1',
            "coordinator_state 3",
        ):
            self.assertIn(line, text)
        # Nothing that was sent breaks out of its label.
        self.assertTrue(
            all(line.startswith(("#", "coordinator_", "grpc_", "promhttp_", "server_")) for line in text.splitlines() if line)
        )
        for path in ("/", "/status", "/metrics/", "/api/v2/status"):
            self.assertEqual(coordinator.monitoring(path).status, 404)


class DirectoryTest(DeployedCase):
    def assertKept(self, reason, message, **named):
        """The Coordinator refuses to start and leaves every byte as it is."""
        before = self.snapshot()
        self.assertRefusesToStart(reason, message, **named)
        # SQLite's index of the log is no state.
        self.assertEqual(
            {k: v for k, v in self.snapshot().items() if not k.endswith("-shm")},
            {k: v for k, v in before.items() if not k.endswith("-shm")},
        )

    @contextlib.contextmanager
    def kept_aside(self, name):
        aside = self.folder / "aside"
        shutil.copy2(self.seal / name, aside)
        yield self.seal / name
        shutil.copy2(aside, self.seal / name)

    def test_damaged_database(self):
        size = (self.seal / "ledger.db").stat().st_size
        whole = (self.seal / "ledger.db").read_bytes()

        damages = {
            "empty": b"",
            "text": b"hello\n" * 1000,
            "cut": whole[: size // 2],
            "zeros": bytes(size),
            "header": whole[:20] + bytes([whole[20] ^ 0x40]) + whole[21:],
        }
        for name, content in damages.items():
            with self.subTest(name), self.kept_aside("ledger.db") as path:
                path.write_bytes(content)
                before = self.snapshot()
                done = harness.run_to_end(self.seal)
                self.assertEqual(done.code, 1, done.log)
                self.assertIn(done.last_error()["reason"], ("ledger.corrupt", "ledger.version"))
                self.assertEqual(before["ledger.db"], self.snapshot()["ledger.db"])
                self.assertEqual(before["sealed_key"], self.snapshot()["sealed_key"])
        self.assertWhole(self.start())

    def test_every_damage_is_seen(self):
        """One flipped bit anywhere: either it does not matter, or it is refused. Never is there another state."""
        whole = (self.seal / "ledger.db").read_bytes()
        refused = 0
        for at in range(100, len(whole), len(whole) // 25):
            with self.kept_aside("ledger.db") as path:
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
                try:
                    with harness.Coordinator(self.seal) as coordinator:
                        self.assertWhole(coordinator)
                except AssertionError as error:
                    self.assertIn('"reason":"ledger.', str(error))
                    refused += 1
        self.assertGreater(refused, 0)
        self.assertWhole(self.start())

    def test_missing_database(self):
        with self.kept_aside("ledger.db"):
            (self.seal / "ledger.db").unlink()
            self.assertRefusesToStart("ledger.corrupt", "there was a ledger")
        self.assertWhole(self.start())

    def test_missing_log(self):
        # A crash leaves everything in the write-ahead log; without it the database is older than its tail record.
        coordinator = self.start()
        self.assertEqual(self.upload(coordinator, b"second").status, 200)
        coordinator.kill()
        with self.kept_aside("ledger.db-wal") as path:
            path.unlink()
            self.assertRefusesToStart("ledger.corrupt", "shorter than its tail record")
        self.assertWhole(self.start(), b"second")

    def test_ledger_of_another(self):
        other = self.start(seal=self.folder / "other")
        self.deploy(other)
        self.assertEqual(other.terminate(), 0)
        with self.kept_aside("ledger.db") as path:
            shutil.copy2(self.folder / "other/ledger.db", path)
            self.assertKept("ledger.corrupt", "belongs to another database")
        self.assertWhole(self.start())

    def assertRecovers(self, message):
        """With the key gone nothing of the old state is used, and nothing of it is lost."""
        before = self.snapshot()
        with harness.Coordinator(self.seal) as coordinator:
            self.assertEqual(self.status(coordinator), RECOVERY)
            self.assertNotEqual(coordinator.root_certificate(), self.root)
            self.assertEqual(coordinator.get("/api/v2/manifest").status, 404)
            with coordinator.marble(self.marble) as marble, self.assertRaises(grpc.RpcError) as caught:
                marble.activate("worker")
            self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
            self.assertEqual(coordinator.monitoring("/readyz").status, 503)
            (entry,) = (e for e in harness.log_entries(coordinator.log) if e["msg"].startswith("Failed to decrypt"))
            self.assertIn(message, entry["error"])
            coordinator.terminate()
        self.assertEqual(before["ledger.db"], self.snapshot()["ledger.db"])

    def test_key_file(self):
        with self.kept_aside("sealed_key") as path:
            whole = path.read_bytes()
            path.unlink()
            self.assertRecovers("sealed_key is missing")
            for content in (
                b"",
                b"garbage",
                whole[:-1],
                whole + b"x",
                whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
                whole[:-1] + bytes([whole[-1] ^ 1]),
                bytes(2 << 20),
            ):
                path.write_bytes(content)
                self.assertRecovers("sealed_key")
            other = self.start(seal=self.folder / "other")
            self.deploy(other)
            shutil.copy2(self.folder / "other/sealed_key", path)
            self.assertRecovers("belongs to another ledger")
        self.assertWhole(self.start())

    def test_key_file_that_cannot_be_read(self):
        # That may pass. Recovery, in which anybody may set a new manifest, would be the wrong answer.
        (self.seal / "sealed_key").rename(self.folder / "sealed_key")
        (self.seal / "sealed_key").mkdir()
        self.assertRefusesToStart("seal.unreadable", "sealed_key")
        (self.seal / "sealed_key").rmdir()
        (self.folder / "sealed_key").rename(self.seal / "sealed_key")
        self.assertWhole(self.start())

    def test_new_manifest_in_recovery_keeps_the_old_state(self):
        key = (self.seal / "sealed_key").read_bytes()
        (self.seal / "sealed_key").unlink()
        coordinator = self.start()
        self.assertEqual(self.status(coordinator), RECOVERY)
        self.deploy(coordinator)
        self.assertNotEqual(coordinator.root_certificate(), self.root)
        self.assertEqual(coordinator.terminate(), 0)
        (backup,) = self.seal.glob("backup-*")
        (backup / "sealed_key").write_bytes(key)
        self.assertWhole(self.start(seal=backup))

    def test_not_a_directory(self):
        file = self.folder / "file"
        file.write_text("not a directory")
        self.assertRefusesToStart("ledger.unreadable", "Not a directory", seal=file)
        self.assertRefusesToStart("ledger.unreadable", "Not a directory", seal=file / "below")
        dangling = self.folder / "dangling"
        dangling.symlink_to(self.folder / "nowhere")
        self.assertRefusesToStart("ledger.unreadable", str(dangling), seal=dangling)

    @contextlib.contextmanager
    def nobody(self):
        """Without root's privileges: as nobody, if this is root. The program itself may be out of that user's reach."""
        if os.geteuid() != 0:
            yield ()
            return
        os.chmod(self.folder, 0o755)
        shutil.copy2(harness.PROGRAM, self.folder / "program")
        program, harness.PROGRAM = harness.PROGRAM, str(self.folder / "program")
        try:
            yield ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        finally:
            harness.PROGRAM = program

    def test_permissions(self):
        with self.nobody() as wrapper:
            for path in [self.seal, *self.seal.iterdir()]:
                os.chmod(path, 0o555 if path.is_dir() else 0o444)
            self.assertKept("ledger.unreadable", str(self.seal), wrapper=wrapper)
            os.chmod(self.seal, 0o000 if os.geteuid() else 0o700)
            self.assertRefusesToStart("ledger.unreadable", str(self.seal), wrapper=wrapper)
            self.assertRefusesToStart("ledger.unreadable", "creating", wrapper=wrapper, seal="/proc/self/new")
            os.chmod(self.seal, 0o700)
            for path in self.seal.iterdir():
                os.chmod(path, 0o600)
        self.assertWhole(self.start())

    @contextlib.contextmanager
    def small_disk(self, kibibytes):
        disk = self.folder / f"disk{kibibytes}"
        disk.mkdir()
        mounted = (
            os.geteuid() == 0
            and subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(disk)], capture_output=True
            ).returncode
            == 0
        )
        if not mounted:
            self.skipTest("only root may mount the small disk that this test fills")
        try:
            yield disk
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)

    def test_full_disk_at_start(self):
        with self.small_disk(64) as disk:
            (disk / "ballast").write_bytes(bytes(60 << 10))
            done = harness.run_to_end(disk / "seal")
            self.assertEqual(done.code, 1, done.log)
            self.assertEqual(done.last_error()["reason"], "ledger.full")
            (disk / "ballast").unlink()
        with self.small_disk(8192) as disk:
            shutil.copytree(self.seal, disk / "seal")
            with contextlib.suppress(OSError), open(disk / "ballast", "wb", buffering=0) as ballast:
                while True:
                    ballast.write(bytes(4096))
            # Whether it starts is its choice; the state it shows is not.
            try:
                with harness.Coordinator(disk / "seal") as coordinator:
                    self.assertWhole(coordinator)
            except AssertionError as error:
                self.assertIn(".full", str(error))
            (disk / "ballast").unlink()
            with harness.Coordinator(disk / "seal") as coordinator:
                self.assertWhole(coordinator)

    def test_disk_fills_up(self):
        with self.small_disk(8192) as disk:
            shutil.copytree(self.seal, disk / "seal")
            with harness.Coordinator(disk / "seal") as coordinator:
                with contextlib.suppress(OSError), open(disk / "ballast", "wb", buffering=0) as ballast:
                    while True:
                        ballast.write(bytes(4096))
                last = b"first"
                for size in range(40, 400, 40):
                    value = bytes([size & 0xFF]) * (size << 10)
                    answer = self.upload(coordinator, value)
                    if answer.status == 200:
                        last = value
                    else:
                        break
                self.assertEqual((answer.status, answer.reason), (503, "ledger.full"), answer.body)
                self.assertWhole(coordinator, last)
                with coordinator.marble(self.marble) as marble, self.assertRaises(grpc.RpcError):
                    for _ in range(100):
                        marble.activate("limited")
                (disk / "ballast").unlink()
                self.assertEqual(self.upload(coordinator, b"room").status, 200)
                self.assertWhole(coordinator, b"room")
                coordinator.kill()
            with harness.Coordinator(disk / "seal") as coordinator:
                self.assertWhole(coordinator, b"room")

    def test_read_only_disk(self):
        with self.small_disk(8192) as disk:
            shutil.copytree(self.seal, disk / "seal")
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            before = self.snapshot(disk)
            self.assertRefusesToStart("ledger.unreadable", "Read-only file system", seal=disk / "seal")
            self.assertEqual(self.snapshot(disk), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
