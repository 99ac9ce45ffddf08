"""A Coordinator in simulation mode for end-to-end tests: real process, ports of its own, a temporary folder."""

import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

BIN = Path(os.environ["STEELIE_BIN"])


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Deployment:
    """Starts with the object; `close()` ends it. `folder` is removed then."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="steelie-e2e-")
        self.folder = Path(self._temporary.name)
        self.sim = self.folder / "sim"
        self.client = f"127.0.0.1:{free_port()}"
        self.mesh = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen | None = None
        self._log = (self.folder / "coordinator.log").open("wb")

    def start(self) -> "Deployment":
        env = {
            "PATH": os.environ["PATH"],
            "OE_SIMULATION": "1",
            "EDG_COORDINATOR_CLIENT_ADDR": self.client,
            "EDG_COORDINATOR_MESH_ADDR": self.mesh,
            "EDG_COORDINATOR_SEAL_DIR": str(self.folder / "seal"),
            "EDG_COORDINATOR_SIM_PLATFORM": str(self.sim),
        }
        self._process = subprocess.Popen(
            [BIN / "steelie-coordinator"], env=env, stdout=self._log, stderr=subprocess.STDOUT, cwd=self.folder
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.request("GET", "/api/v2/status")
                return self
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        raise AssertionError("the Coordinator did not start: " + self.log())

    def log(self) -> str:
        return (self.folder / "coordinator.log").read_text(errors="replace")

    def request(self, method: str, path: str, body: bytes | None = None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        request = urllib.request.Request(f"https://{self.client}{path}", data=body, method=method)
        with urllib.request.urlopen(request, context=context, timeout=10) as response:
            return json.load(response)

    def set_manifest(self, manifest: dict) -> None:
        self.request("POST", "/manifest", json.dumps(manifest).encode())

    def root_certificate(self) -> str:
        """The Coordinator's root, PEM: the last one of the chain that the client API gives."""
        chain = self.request("GET", "/api/v2/quote")["data"]["cert"]
        return "-----BEGIN" + chain.split("-----BEGIN")[-1]

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
        self._log.close()
        self._temporary.cleanup()
