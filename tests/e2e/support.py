"""What the end-to-end tests share: a Coordinator in a folder of its own, and the command line program."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

STEELIE = os.environ["STEELIE"]
COORDINATOR = os.environ["STEELIE_COORDINATOR"]
START_SECONDS = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_user(folder, name, key_type="ec"):
    """A self-signed certificate `name.crt` with its key `name.key`."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if key_type == "ec" else ["-newkey", "rsa:2048"]
    openssl("req", "-x509", *new_key, "-nodes", "-days", "10", "-subj", f"/CN={name}",
            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
            "-addext", "subjectAltName=IP:127.0.0.1")
    return (folder / f"{name}.crt").read_text()


def make_recovery_key(folder, name):
    openssl("genrsa", "-out", folder / f"{name}.pem", "2048")
    openssl("rsa", "-in", folder / f"{name}.pem", "-pubout", "-out", folder / f"{name}.pub")
    return (folder / f"{name}.pub").read_text()


class Coordinator:
    """A Coordinator in simulation mode. Its folder holds the sealed state and, with `sim`, the simulated platform."""

    def __init__(self, folder, sim=True, address="127.0.0.1"):
        self.folder = folder
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "OE_SIMULATION": "1",
            "EDG_COORDINATOR_CLIENT_ADDR": f"{address}:{self.port}",
            "EDG_COORDINATOR_MESH_ADDR": f"127.0.0.1:{free_port()}",
            "EDG_COORDINATOR_SEAL_DIR": str(folder / "seal"),
        }
        if sim:
            self.environment["EDG_COORDINATOR_SIM_PLATFORM"] = str(folder / "sim")

    def start(self):
        with open(self.folder / "coordinator.log", "ab") as log:
            self.process = subprocess.Popen([COORDINATOR], env=self.environment, stdout=log, stderr=log, cwd=self.folder)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.02)
        raise AssertionError("the Coordinator did not start:\n" + (self.folder / "coordinator.log").read_text())

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None


class Answer:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout.decode(errors="replace")
        self.err = completed.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit code {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Cli:
    """A command line program, by default `steelie`, with a folder of its own as current and as configuration folder."""

    def __init__(self, folder, program=STEELIE):
        self.program = program
        self.folder = Path(folder)
        self.cache = self.folder / "config" / "marblerun" / "coordinator-cert.pem"

    def __call__(self, *arguments, **environment):
        env = {"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(self.folder / "config"), **environment}
        return Answer(subprocess.run([self.program, *map(str, arguments)], cwd=self.folder, env=env, capture_output=True,
                                     timeout=120))


class FakeServer:
    """A server that answers every connection by `handle(connection)`; with TLS if it gets a certificate."""

    def __init__(self, handle, certificate=None, key=None):
        self.handle = handle
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(30)
            with contextlib.suppress(OSError), self.wrap(connection) as wrapped:
                self.handle(wrapped)

    def wrap(self, connection):
        return connection if self.context is None else self.context.wrap_socket(connection, server_side=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def send_answer(connection, body, status="200 OK"):
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def answering(body, status="200 OK"):
    def handle(connection):
        read_request(connection)
        send_answer(connection, body, status)

    return handle
