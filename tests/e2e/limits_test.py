"""What a Coordinator lets strangers have, seen from outside."""

import json
import os
import subprocess
import unittest

import harness

MANIFEST = {
    "Packages": {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 2}},
    "Marbles": {"worker": {"Package": "pkg"}},
}
MIB = 1 << 20


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())

    def start(self, *args, **named) -> harness.Coordinator:
        return self.enterContext(harness.Coordinator(self.folder / "seal", *args, **named))


class ConnectionLimitTest(Case):
    def limit(self, soft, hard) -> dict:
        wrapper = ["prlimit", f"--nofile={soft}:{hard}"]
        with harness.Coordinator(self.folder / "seal", wrapper=wrapper) as coordinator:
            return next(e for e in harness.log_entries(coordinator.log) if e["msg"] == "Limit of connections")

    def test_it_follows_the_limit_of_file_descriptors(self):
        for soft, hard, descriptors, connections in (
            (300, 600, 600, (600 - 256) // 2),
            (1024, 1024, 1024, (1024 - 256) // 2),
        ):
            entry = self.limit(soft, hard)
            self.assertEqual((entry["fileDescriptors"], entry["perApi"]), (descriptors, connections))


class LargeBodyTest(Case):
    def head(self, sock, target, size):
        sock.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())

    def test_two_at_once_while_anybody_may_set_a_manifest(self):
        coordinator = self.start()
        held = [self.enterContext(coordinator.connect(source=f"127.0.0.{i}")) for i in (2, 3)]
        for sock in held:
            self.head(sock, "/api/v2/manifest", 40 * MIB)
            sock.sendall(b"{")
        for _ in range(100):
            with coordinator.connect() as sock:
                self.head(sock, "/api/v2/manifest", 40 * MIB)
                answer = harness.read_answer(sock)
            if answer.status == 503:
                break
        self.assertEqual((answer.status, answer.reason), (503, "request.busy"))
        self.assertEqual(answer.header("Retry-After"), "5")
        # An ordinary manifest is not held up.
        self.assertEqual(coordinator.set_manifest(MANIFEST).status, 200)

    def test_one_from_each_address(self):
        coordinator = self.start()
        for _ in range(2):
            held = self.enterContext(coordinator.connect(source="127.0.0.2"))
            self.head(held, "/api/v2/manifest", 40 * MIB)
            held.sendall(b"{")
        self.assertEqual(harness.read_answer(held).reason, "request.busy")
        with coordinator.connect() as sock:
            body = json.dumps(MANIFEST).encode() + b" " * MIB
            self.head(sock, "/manifest", len(body))
            sock.sendall(body)
            self.assertEqual(harness.read_answer(sock).status, 200)

    def test_where_it_can_change_nothing_it_is_not_read(self):
        coordinator = self.start()
        self.assertEqual(coordinator.set_manifest(MANIFEST).status, 200)
        for target, status, reason in (
            ("/api/v2/manifest", 409, "state.wrong"),
            ("/manifest", 400, "state.wrong"),
            ("/api/v2/update", 401, "user.unauthorized"),
            ("/update-manifest", 401, "user.unauthorized"),
            ("/api/v2/secrets", 413, "request.size"),
        ):
            with coordinator.connect() as sock:
                self.head(sock, target, 30 * MIB)
                answer = harness.read_answer(sock)
                self.assertEqual((answer.status, answer.reason), (status, reason), target)


class SlowManifestTest(Case):
    def test_keys_that_take_too_long_are_refused_at_once(self):
        coordinator = self.start()
        secrets = {f"s{i}": {"Type": "cert-rsa", "Size": 16384, "Shared": True} for i in range(1000)}
        answer = coordinator.set_manifest(MANIFEST | {"Secrets": secrets})
        self.assertEqual((answer.status, answer.reason), (400, "manifest.secret.key_work"))
        self.assertIn("5000 RSA keys", answer.message)


class TimeFloorTest(Case):
    def steelie(self, coordinator, *args):
        return subprocess.run(
            [os.environ["STEELIE"], "time-floor", *args, "-i"],
            capture_output=True, text=True, cwd=self.folder, timeout=60, check=False,
        )  # fmt: skip

    def test_show_and_lower(self):
        coordinator = self.start()
        alice = harness.make_certificate(self.folder, "alice")
        bob = harness.make_certificate(self.folder, "bob")
        manifest = MANIFEST | {
            "Users": {"alice": {"Certificate": alice.pem, "Roles": ["up"]}, "bob": {"Certificate": bob.pem}},
            "Roles": {"up": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}},
        }
        self.assertEqual(coordinator.set_manifest(manifest).status, 200)
        address = f"localhost:{coordinator.rest_port}"
        shown = self.steelie(coordinator, "show", address, "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        floor = json.loads(shown.stdout)
        self.assertLessEqual(floor["floor"], floor["clock"] + 1)

        as_user = lambda user, *args: self.steelie(
            coordinator, "lower", address, *args, "-c", user.chain_file, "-k", user.key_file
        )
        refused = as_user(bob)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("not allowed to lower", refused.stderr)
        for to, message in ((str(floor["floor"] + 1000), "can only be lowered"), ("1", "built later"), ("x", "--to")):
            refused = as_user(alice, "--to", to)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(message, refused.stderr)
        # The newest event is a little later than the second before it.
        lowered = as_user(alice, "--to", str(floor["floor"] - 1), "--json")
        self.assertEqual(lowered.returncode, 0, lowered.stderr)
        self.assertEqual(json.loads(lowered.stdout)["floor"], floor["floor"] - 1)
        self.assertIn("Time floor lowered", coordinator.get("/api/v2/update").data["updateLog"][-1])


class CallLogTest(Case):
    def test_finished_calls_are_logged(self):
        coordinator = self.start()
        with coordinator.marble(harness.make_certificate(self.folder, "marble")) as marble, self.assertRaises(Exception):
            marble.activate("worker")
        coordinator.terminate()
        entry = next(e for e in harness.log_entries(coordinator.log) if e["msg"] == "finished call")
        self.assertEqual((entry["grpc.service"], entry["grpc.method"]), ("rpc.Marble", "Activate"))
        self.assertEqual(entry["reason"], "state.wrong")
        self.assertRegex(entry["peer.address"], r"^(\[::ffff:)?127\.0\.0\.1\]?:[0-9]+$")
        self.assertRegex(entry["caller"], r"^grpc/call_log\.cc:[0-9]+$")


if __name__ == "__main__":
    unittest.main()
