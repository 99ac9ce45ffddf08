"""Python's grpcio as a marble: unlike the reference's client it verifies the Coordinator's certificate and name."""

import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))
import harness  # noqa: E402

MANIFEST = {
    "Packages": {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 1}},
    "Marbles": {
        "worker": {
            "Package": "pkg",
            "Parameters": {
                "Argv": ["./worker", "--fast"],
                "Files": {"/data/key": "{{ raw .Secrets.key }}", "/data/big": "x" * (1 << 20)},
                "Env": {"KEY": "{{ hex .Secrets.key }}", "SEAL": "{{ hex .MarbleRun.SealKey }}"},
            },
        },
        "limited": {"Package": "pkg", "MaxActivations": 3},
    },
    "Secrets": {"key": {"Type": "symmetric-key", "Size": 128, "Shared": True}},
}


class GrpcioTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(harness.temporary_folder())
        cls.coordinator = harness.Coordinator(cls.folder / "seal")
        cls.addClassCleanup(cls.coordinator.kill)
        cls.cert = harness.make_certificate(cls.folder, "marble")
        with cls.coordinator.marble(cls.cert) as marble:
            try:
                marble.activate("worker")
            except grpc.RpcError as error:
                cls.code_before_manifest = error.code()
        assert cls.coordinator.set_manifest(MANIFEST).status == 200

    def assertCode(self, code, call, *args, **named):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*args, **named)
        self.assertEqual(caught.exception.code(), code, caught.exception)
        return caught.exception.details()

    def test_before_manifest(self):
        self.assertEqual(self.code_before_manifest, grpc.StatusCode.FAILED_PRECONDITION)

    def test_activation(self):
        with self.coordinator.marble(self.cert) as marble:
            got = marble.activate("worker")
        self.assertEqual(got.argv, ["./worker", "--fast"])
        self.assertEqual(got.files["/data/key"].hex(), got.env["KEY"].decode())
        self.assertEqual(got.files["/data/big"], b"x" * (1 << 20))
        self.assertIn(b"BEGIN CERTIFICATE", got.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
        self.assertIn(b"BEGIN PRIVATE KEY", got.env["MARBLE_PREDEFINED_PRIVATE_KEY"])

    def test_same_uuid_same_key(self):
        name = "0b0e1f1c-8f7f-4a59-9b3c-1f9b8b6d6a01"
        with self.coordinator.marble(self.cert) as one, self.coordinator.marble(self.cert) as other:
            first, second = one.activate("worker", name), other.activate("worker", name.upper())
            third = one.activate("worker")
        self.assertEqual(first.env["SEAL"], second.env["SEAL"])
        self.assertNotEqual(first.env["SEAL"], third.env["SEAL"])

    def test_refusals(self):
        with self.coordinator.marble(self.cert) as marble:
            self.assertIn(
                "unknown marble type", self.assertCode(grpc.StatusCode.PERMISSION_DENIED, marble.activate, "other")
            )
            self.assertCode(grpc.StatusCode.INVALID_ARGUMENT, marble.activate, "worker", "no uuid")
            self.assertCode(grpc.StatusCode.INTERNAL, marble.activate, "worker", csr=b"none")
            self.assertCode(grpc.StatusCode.INTERNAL, marble.call, b"\xff\xff no message")
            self.assertCode(grpc.StatusCode.UNIMPLEMENTED, marble.call, b"", "/rpc.Marble/Other")
            self.assertCode(grpc.StatusCode.RESOURCE_EXHAUSTED, marble.activate, "worker", quote=bytes(5 << 20))
            marble.activate("worker")

    def test_limit(self):
        with self.coordinator.marble(self.cert) as marble, ThreadPoolExecutor(12) as pool:
            calls = [pool.submit(marble.activate, "limited") for _ in range(12)]
            refused = [call.exception() for call in calls if call.exception()]
        self.assertEqual(len(refused), 9)
        self.assertEqual({error.code() for error in refused}, {grpc.StatusCode.PERMISSION_DENIED})

    def test_another_name_is_not_trusted(self):
        with self.coordinator.marble(self.cert, "coordinator.example") as marble:
            self.assertCode(grpc.StatusCode.UNAVAILABLE, marble.activate, "worker")

    def test_no_client_certificate(self):
        with self.coordinator.marble(self.cert) as marble:
            credentials = grpc.ssl_channel_credentials(marble.root)
        target = f"127.0.0.1:{self.coordinator.mesh_port}"
        options = [("grpc.ssl_target_name_override", "localhost")]
        with grpc.secure_channel(target, credentials, options) as channel:
            call = channel.unary_unary("/rpc.Marble/Activate")
            self.assertCode(grpc.StatusCode.UNAVAILABLE, call, b"", timeout=harness.TIMEOUT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
