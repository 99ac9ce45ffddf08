"""The client library as it is installed: built against with find_package and with pkg-config, used as a marble."""

import hashlib
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from deployment import Deployment

BUILD = os.environ["STEELIE_BUILD"]
CMAKE = os.environ["STEELIE_CMAKE"]
CXX = os.environ["STEELIE_CXX"]
CONSUMER = Path(__file__).parent / "consumer"


class LibraryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory(prefix="steelie-library-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.prefix = cls.folder / "prefix"
        cls.check([CMAKE, "--install", BUILD, "--component", "library", "--prefix", cls.prefix])
        cls.deployment = Deployment().start()
        cls.addClassCleanup(cls.deployment.close)
        cls.root = cls.folder / "root.pem"
        cls.root.write_text(cls.deployment.root_certificate())

    @classmethod
    def check(cls, command: list, **kwargs) -> str:
        result = subprocess.run(command, capture_output=True, text=True, timeout=240, **kwargs)
        if result.returncode != 0:
            raise AssertionError(f"{command}: {result.stdout}{result.stderr}")
        return result.stdout

    def build_with_cmake(self) -> Path:
        build = self.folder / "build"
        env = {**os.environ, "CXX": CXX}
        self.check([CMAKE, "-S", CONSUMER, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}"], env=env)
        self.check([CMAKE, "--build", build])
        return build / "consumer"

    def build_with_pkg_config(self) -> Path:
        [pc] = self.prefix.rglob("steelie.pc")
        env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
        flags = self.check(["pkg-config", "--cflags", "--libs", "steelie"], env=env).split()
        program = self.folder / "consumer-pc"
        self.check([CXX, "-std=c++20", "-O1", "-Wall", "-Werror", CONSUMER / "main.cc", "-o", program, *flags])
        return program

    def start(self, program: Path, marble_type: str) -> subprocess.CompletedProcess:
        env = {"EDG_MARBLE_TYPE": marble_type, "EDG_MARBLE_COORDINATOR_ADDR": self.deployment.mesh}
        command = [program, self.deployment.sim, self.root, "state.sealed"]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=60)

    def test_programs_built_either_way_join_and_share_their_sealed_state(self) -> None:
        programs = {"by-cmake": self.build_with_cmake(), "by-pkg-config": self.build_with_pkg_config()}
        # Else the last step below would prove nothing.
        self.assertNotEqual(*(path.read_bytes() for path in programs.values()))
        parameters = {"Env": {"GREETING": "hello", "SEAL_KEY": "$$seal_key"}}
        self.deployment.set_manifest(
            {
                "Packages": {
                    name: {"Sim": {"Measurement": hashlib.sha256(path.read_bytes()).hexdigest()}}
                    for name, path in programs.items()
                },
                "Marbles": {name: {"Package": name, "Parameters": parameters} for name in programs},
            }
        )
        for name, path in programs.items():
            with self.subTest(name):
                (self.folder / "state.sealed").unlink(missing_ok=True)
                first = self.start(path, name)
                self.assertEqual(first.returncode, 0, first.stderr)
                self.assertIn("greeting=hello\n", first.stdout)
                self.assertNotIn("state=", first.stdout)
                second = self.start(path, name)
                self.assertEqual(second.returncode, 0, second.stderr)
                self.assertIn("state=started once\n", second.stdout)
                # The program of the other type has another measurement.
                other = next(n for n in programs if n != name)
                refused = self.start(path, other)
                self.assertEqual(refused.returncode, 1)
                self.assertIn("activate.refused: PermissionDenied", refused.stderr)

    def test_public_headers_name_no_library_that_is_not_ours(self) -> None:
        headers = list((self.prefix / "include").rglob("*.h"))
        self.assertGreaterEqual(len(headers), 4)
        for header in headers:
            for line in header.read_text().splitlines():
                if line.startswith("#include"):
                    self.assertRegex(line, r'#include (<[a-z_]+>|"steelie/[a-z_]+\.h")')


if __name__ == "__main__":
    unittest.main(verbosity=2)
