"""Backups of running and stopped Coordinators, restoring them here and on another machine, and looking at them."""

import base64
import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest
from pathlib import Path

import harness
from harness import Coordinator, make_certificate, temporary_folder

STEELIE = os.environ["STEELIE"]
LIMIT = 400
REQUEST = b"STLC\x01\x01"


def command(*arguments, wrapper=(), **environment):
    done = subprocess.run(
        [*wrapper, harness.PROGRAM, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def contents(folder) -> dict:
    """Names, bytes, and times of change: everything that a program could leave behind."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(Path(folder).rglob("*"))
    }


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(temporary_folder()))
        self.seal = self.folder / "seal"
        self.cert = make_certificate(self.folder, "marble")
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "r.pem", "2048"], check=True, capture_output=True)
        self.recovery_key = harness.openssl("rsa", "-in", str(self.folder / "r.pem"), "-pubout").decode()

    def start(self, seal=None, host="sim", **named):
        coordinator = Coordinator(
            seal or self.seal, EDG_COORDINATOR_SIM_PLATFORM=str(self.folder / host), **named
        )
        self.addCleanup(coordinator.kill)
        return coordinator

    def deploy(self, coordinator, padding="", **config):
        answer = coordinator.set_manifest({
            "Packages": {"app": {"SignerID": "a" * 64, "ProductID": 1, "SecurityVersion": 1}},
            "Marbles": {"m": {"Package": "app", "MaxActivations": LIMIT, "Parameters": {"Files": {"/x": padding}}}},
            "RecoveryKeys": {"r": self.recovery_key},
            **({"Config": config} if config else {}),
        })
        self.assertEqual(answer.status, 200, answer)
        self.secret = base64.b64decode(answer.data["RecoverySecrets"]["r"])
        return coordinator.root_certificate()

    def activate(self, coordinator) -> bool:
        import grpc

        with coordinator.marble(self.cert) as marble:
            try:
                marble.activate("m")
            except grpc.RpcError as error:
                self.assertIn("reached max activations", str(error).lower().replace("maximum", "max"))
                return False
        return True

    def ok(self, *arguments, **named) -> str:
        code, out, error = command(*arguments, **named)
        self.assertEqual(code, 0, error)
        return out

    def refused(self, reason, *arguments, code=1, **named) -> str:
        got, _, error = command(*arguments, **named)
        self.assertEqual(got, code, error)
        self.assertIn(f"({reason})", error)
        return error

    def inspect(self, path) -> dict:
        code, out, error = command("inspect", path, "--json")
        self.assertIn(code, (0, 1), error)
        inspection = json.loads(out)
        self.assertEqual(inspection["verdict"], "damaged" if code else "sound", out)
        return inspection

    # ---- promise 2: what was acknowledged before the backup began is there on another host

    def test_backup_under_load_recovers_on_another_host(self):
        coordinator = self.start()
        root = self.deploy(coordinator)
        acknowledged, stop = 0, threading.Event()

        def load():
            nonlocal acknowledged
            while not stop.is_set() and self.activate(coordinator):
                acknowledged += 1

        thread = threading.Thread(target=load)
        thread.start()
        while acknowledged < 10:
            stop.wait(0.01)
        before = acknowledged
        backup = self.folder / "backup"
        out = self.ok("backup", backup, EDG_COORDINATOR_SEAL_DIR=str(self.seal))
        self.assertIn("of a running Coordinator", out)
        stop.set()
        thread.join()
        self.assertGreaterEqual(acknowledged, before)
        self.assertEqual(sorted(p.name for p in backup.iterdir()), ["backup", "ledger.db", "sealed_key"])
        for path in backup.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(backup.stat().st_mode & 0o777, 0o700)
        inspection = self.inspect(backup)
        self.assertGreater(inspection["ledger"]["lastSequence"], before)
        self.assertEqual(inspection["sealedKey"], {"state": "fits", "keys": [{"epoch": 1, "platform": "product"}]})
        self.assertEqual(inspection["recovery"], {"scheme": "single", "required": 1, "holders": ["r"]})
        coordinator.kill()

        other = self.folder / "other"
        out = self.ok("restore", backup, "--seal-dir", other, "--without-sealed-key")
        self.assertIn("starts in recovery", out)
        self.assertFalse((other / "sealed_key").exists())
        recovering = self.start(seal=other, host="sim-other")
        self.assertEqual(recovering.get("/api/v2/status").data["code"], 1)
        self.recover(recovering)
        self.assertEqual(recovering.get("/api/v2/status").data["code"], 3)
        self.assertEqual(recovering.root_certificate(), root)
        more = 0
        while self.activate(recovering):
            more += 1
        self.assertLessEqual(more, LIMIT - before)
        self.assertGreaterEqual(more, LIMIT - acknowledged)

    def recover(self, coordinator):
        secret = self.folder / "secret.bin"
        secret.write_bytes(self.secret)
        done = subprocess.run(
            [STEELIE, "recover", secret, f"127.0.0.1:{coordinator.rest_port}", "--key", self.folder / "r.pem", "-i"],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)}, capture_output=True, text=True, timeout=60,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_restored_on_the_same_host_it_opens(self):
        coordinator = self.start()
        root = self.deploy(coordinator)
        backup = self.folder / "backup"
        self.ok("backup", "--seal-dir", self.seal, backup)
        coordinator.terminate()
        self.ok("restore", backup, "--seal-dir", self.folder / "new")
        restored = self.start(seal=self.folder / "new")
        self.assertEqual(restored.get("/api/v2/status").data["code"], 3)
        self.assertEqual(restored.root_certificate(), root)
        self.assertNotIn("tail record", restored.log)

    # ---- what is refused

    def test_a_stopped_or_killed_coordinator_is_backed_up_and_inspected_without_change(self):
        coordinator = self.start()
        self.deploy(coordinator)
        for _ in range(3):
            self.activate(coordinator)
        coordinator.kill()
        (self.seal / "control").unlink()
        self.assertGreater((self.seal / "ledger.db-wal").stat().st_size, 0)
        before = contents(self.seal)
        inspection = self.inspect(self.seal)
        self.assertEqual(inspection["tailRecord"], "agrees")
        self.assertEqual(inspection["ledger"]["lastSequence"], 4)
        self.assertGreater(inspection["logBytes"], 0)
        self.ok("backup", "--seal-dir", self.seal, self.folder / "backup")
        self.assertEqual(contents(self.seal), before)
        self.assertEqual(self.inspect(self.folder / "backup")["ledger"]["lastSequence"], 4)
        # An early frame of the log is lost: silently shorter, were there no tail record.
        log = bytearray((self.seal / "ledger.db-wal").read_bytes())
        log[60] ^= 1
        (self.seal / "ledger.db-wal").write_bytes(log)
        [finding] = self.inspect(self.seal)["findings"]
        self.assertEqual((finding["reason"], finding["place"]), ("ledger.corrupt", "ledger.db-wal"))
        self.refused("ledger.corrupt", "backup", "--seal-dir", self.seal, self.folder / "backup2")
        self.assertEqual(sorted(p.name for p in self.folder.glob("backup*")), ["backup"])

    def test_what_cannot_be_backed_up_or_inspected(self):
        self.refused("backup.no_ledger", "backup", "--seal-dir", self.seal, self.folder / "b")
        self.refused("inspect.none", "inspect", self.folder, code=2)
        coordinator = self.start()
        self.refused("backup.no_ledger", "backup", "--seal-dir", self.seal, self.folder / "b")
        self.deploy(coordinator)
        self.refused("inspect.running", "inspect", self.seal, code=2)
        self.ok("backup", "--seal-dir", self.seal, self.folder / "b")
        self.refused("backup.exists", "backup", "--seal-dir", self.seal, self.folder / "b")
        self.refused("restore.not_empty", "restore", self.folder / "b", "--seal-dir", self.seal)
        code, _, _ = command("backup")
        self.assertEqual(code, 1)
        code, _, _ = command("inspect")
        self.assertEqual(code, 2)
        for name in ("backup", "restore", "inspect"):
            self.assertIn("Usage", self.ok(name, "--help"))
        # A backup is not a seal directory.
        done = harness.run_to_end(self.folder / "b", EDG_COORDINATOR_SIM_PLATFORM=str(self.folder / "sim"))
        self.assertEqual(done.last_error()["reason"], "ledger.is_backup")
        self.inspect(self.folder / "b")

    def test_disabled_keeps_nothing_and_has_no_backup(self):
        coordinator = self.start()
        self.deploy(coordinator, SealMode="Disabled")
        self.assertTrue(self.activate(coordinator))
        self.refused("backup.no_ledger", "backup", "--seal-dir", self.seal, self.folder / "b")
        self.assertFalse((self.seal / "sealed_key").exists())
        self.assertFalse((self.seal / "tail").exists())
        coordinator.terminate()
        code, out, _ = command("inspect", self.seal)
        self.assertEqual((code, "verdict:      empty" in out), (0, True), out)
        self.assertEqual(self.start().get("/api/v2/status").data["code"], 2)

    def test_damaged_and_mixed_backups_are_refused_before_anything_is_written(self):
        coordinator = self.start()
        self.deploy(coordinator)
        first, second = self.folder / "first", self.folder / "second"
        self.ok("backup", "--seal-dir", self.seal, first)
        self.activate(coordinator)
        self.ok("backup", "--seal-dir", self.seal, second)
        coordinator.terminate()

        def truncate(name):
            return lambda b: (b / name).write_bytes((b / name).read_bytes()[:-1])

        def flip(name, at):
            def change(backup):
                data = bytearray((backup / name).read_bytes())
                data[at] ^= 1
                (backup / name).write_bytes(data)
            return change

        cases = [
            ("backup.part", truncate("ledger.db")),
            ("backup.part", truncate("sealed_key")),
            ("backup.manifest", truncate("backup")),
            ("backup.part", flip("ledger.db", 5000)),
            ("backup.part", flip("sealed_key", 50)),
            ("backup.manifest", flip("backup", 30)),
            ("backup.version", self.newer),
            ("backup.part", lambda b: (b / "ledger.db").unlink()),
            ("backup.none", lambda b: (b / "backup").unlink()),
            ("backup.part", lambda b: shutil.copy(second / "ledger.db", b / "ledger.db")),
            ("backup.part", lambda b: shutil.copy(second / "backup", b / "backup")),
        ]
        for number, (reason, change) in enumerate(cases):
            with self.subTest(number=number, reason=reason):
                backup, target = self.folder / f"bad{number}", self.folder / f"target{number}"
                shutil.copytree(first, backup)
                change(backup)
                self.refused(reason, "restore", backup, "--seal-dir", target)
                self.assertFalse(target.exists())
        self.ok("restore", first, "--seal-dir", self.folder / "good")

    @staticmethod
    def newer(backup):
        data = bytearray((backup / "backup").read_bytes())
        data[4] = 2
        (backup / "backup").write_bytes(data)

    def test_an_unfinished_restore_is_no_seal_directory(self):
        coordinator = self.start()
        self.deploy(coordinator)
        self.ok("backup", "--seal-dir", self.seal, self.folder / "b")
        new = self.folder / "new"
        new.mkdir()
        (new / "restoring").write_bytes(b"")
        (new / "ledger.db").write_bytes((self.folder / "b" / "ledger.db").read_bytes()[:4096])
        done = harness.run_to_end(new, EDG_COORDINATOR_SIM_PLATFORM=str(self.folder / "sim"))
        self.assertEqual(done.last_error()["reason"], "ledger.restoring")
        self.ok("restore", self.folder / "b", "--seal-dir", new)
        coordinator.terminate()
        self.assertEqual(self.start(seal=new).get("/api/v2/status").data["code"], 3)

    def small_disk(self, mebibytes) -> Path:
        disk = self.folder / "disk"
        disk.mkdir()
        options = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode != 0:
            self.skipTest("only root may mount the small disk that this test fills")
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
        return disk

    def test_without_room_for_a_copy_a_running_coordinator_refuses_and_goes_on(self):
        disk = self.small_disk(24)
        seal = disk / "seal"
        coordinator = self.start(seal=seal)
        self.deploy(coordinator)
        error = self.refused("backup.space", "backup", "--seal-dir", seal, self.folder / "b")
        self.assertIn("MiB free", error)
        self.assertEqual(list(self.folder.glob("b*")), [])
        self.assertFalse((seal / "copy.tmp").exists())
        self.assertTrue(self.activate(coordinator))
        # What it advises to do otherwise.
        coordinator.terminate()
        self.ok("backup", "--seal-dir", seal, self.folder / "b")

    def test_a_full_disk_leaves_no_backup(self):
        disk = self.small_disk(1)
        coordinator = self.start()
        self.deploy(coordinator, padding="x" * 1500000)
        for _ in range(2):
            self.refused("backup.write", "backup", "--seal-dir", self.seal, disk / "b")
            self.assertEqual(list(disk.iterdir()), [])
            coordinator.terminate()

    # ---- killed in the middle

    def stall(self, after) -> threading.Thread:
        """Puts itself between the command and the Coordinator, hands on so many bytes of the answer and no more."""
        real = self.seal / "control.real"
        (self.seal / "control").rename(real)
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(str(self.seal / "control"))
        listener.listen(1)
        upstream = self.enterContext(socket.socket(socket.AF_UNIX))

        def hand_on():
            connection, _ = listener.accept()
            self.addCleanup(connection.close)
            upstream.connect(str(real))
            upstream.sendall(connection.recv(len(REQUEST), socket.MSG_WAITALL))
            left = after
            while left > 0 and (data := upstream.recv(min(left, 65536))):
                connection.sendall(data)
                left -= len(data)
            self.stalled.set()
            self.going_on.wait(60)
            with contextlib.suppress(ConnectionError):
                while upstream.recv(65536):
                    pass
            connection.close()

        self.stalled, self.going_on = threading.Event(), threading.Event()
        thread = threading.Thread(target=hand_on, daemon=True)
        thread.start()
        return thread

    def begin_backup(self, out):
        command_line = [harness.PROGRAM, "backup", "--seal-dir", str(self.seal), str(out)]
        process = subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertTrue(self.stalled.wait(60))
        return process

    def test_what_a_killed_backup_leaves_is_no_backup(self):
        coordinator = self.start()
        root = self.deploy(coordinator, padding="x" * 600000)
        thread = self.stall(400000)
        process = self.begin_backup(self.folder / "b")
        [left] = self.folder.glob("b.tmp-*")
        deadline = time.monotonic() + 60
        while not (left / "ledger.db").stat().st_size and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait()
        self.assertGreater((left / "ledger.db").stat().st_size, 0)
        self.assertFalse((self.folder / "b").exists())
        self.refused("backup.none", "restore", left, "--seal-dir", self.folder / "new")
        self.assertFalse((self.folder / "new").exists())
        self.assertNotEqual(command("inspect", left)[0], 0)
        # The Coordinator and its state have not noticed.
        self.going_on.set()
        thread.join(60)
        (self.seal / "control.real").rename(self.seal / "control")
        self.ok("backup", "--seal-dir", self.seal, self.folder / "b")
        self.inspect(self.folder / "b")
        self.assertTrue(self.activate(coordinator))
        coordinator.terminate()
        self.assertEqual(self.start().root_certificate(), root)

    def test_a_coordinator_killed_during_a_backup_keeps_its_state(self):
        coordinator = self.start()
        root = self.deploy(coordinator, padding="x" * 600000)
        thread = self.stall(400000)
        process = self.begin_backup(self.folder / "b")
        coordinator.kill()
        self.going_on.set()
        thread.join(60)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, error)
        self.assertIn("(backup.", error)
        self.assertEqual(list(self.folder.glob("b*")), [])
        (self.seal / "control.real").unlink()
        # At whatever moment of making the copy.
        for milliseconds in range(0, 10, 2):
            coordinator = self.start()
            self.assertFalse((self.seal / "copy.tmp").exists())
            self.assertEqual(coordinator.root_certificate(), root)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(self.seal / "control"))
                s.sendall(REQUEST)
                time.sleep(milliseconds / 1000)
                coordinator.kill()
            self.inspect(self.seal)
        self.assertEqual(self.start().get("/api/v2/status").data["code"], 3)
        self.ok("backup", "--seal-dir", self.seal, self.folder / "b")

    # ---- the socket

    def test_the_socket_takes_nothing_but_the_request(self):
        coordinator = self.start()
        self.deploy(coordinator)
        path = self.seal / "control"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        for request in (b"STLC\x01\x02", b"GET / ", b"STLC\x02\x01"):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(30)
                s.connect(str(path))
                s.sendall(request)
                self.assertIn(b"backup.request", s.recv(4096))
        # Whoever asks and goes away does not stop others.
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
            s.sendall(REQUEST)
        self.ok("backup", "--seal-dir", self.seal, self.folder / "b")
        self.assertEqual(coordinator.terminate(), 0)
        self.assertFalse(path.exists())
        self.assertFalse((self.seal / "copy.tmp").exists())

    def test_answers_of_another_program_do_not_control_the_terminal(self):
        def sized(text):
            return len(text).to_bytes(4, "little") + text

        self.seal.mkdir()
        (self.seal / "ledger.db").write_bytes(b"x")
        with open(self.seal / "lock", "w") as lock, socket.socket(socket.AF_UNIX) as listener:
            fcntl.flock(lock, fcntl.LOCK_EX)
            listener.bind(str(self.seal / "control"))
            listener.listen()
            listener.settimeout(30)

            def answer():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(6)
                    connection.sendall(b"\x02" + sized(sized(b"\x1b[2J\nok") + sized(b"a\x1b[1m\nb")))

            thread = threading.Thread(target=answer)
            thread.start()
            code, _, error = command("backup", "--seal-dir", self.seal, self.folder / "b")
            thread.join()
        self.assertEqual(code, 1)
        self.assertEqual(error, "Error: the Coordinator refuses: a\\x1b[1m\\nb (\\x1b[2J\\nok)\n")
        self.assertFalse((self.folder / "b").exists())

    @unittest.skipIf(os.geteuid() != 0, "changes users, which only root may")
    def test_other_users_are_refused(self):
        coordinator = self.start()
        self.deploy(coordinator)
        os.chmod(self.folder, 0o755)
        os.chmod(self.seal, 0o755)
        os.chmod(self.seal / "control", 0o666)
        script = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(self.seal / 'control')!r}); " \
                 f"s.sendall({REQUEST!r}); print(s.recv(4096))"
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script],
            capture_output=True, text=True, timeout=30, check=True,
        )
        self.assertIn("backup.peer", done.stdout)


if __name__ == "__main__":
    unittest.main()
