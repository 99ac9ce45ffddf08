"""What the end-to-end tests share: a Coordinator in a process of its own, and clients that also send nonsense."""

import base64
import contextlib
import http.client
import json
import os
import queue
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = os.environ.get("STEELIE_COORDINATOR", "")
if not os.access(PROGRAM, os.X_OK) or os.path.isdir(PROGRAM):
    raise SystemExit(f"STEELIE_COORDINATOR must name the program to test, it is `{PROGRAM}`")
TIMEOUT = 20

# In the log as JSON and as text for people.
_ADDRESS = re.compile(r'(?:address|grpcAddr)"?[:=]"[^"]*:(\d+)"')


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="steelie-e2e-") as name:
        yield Path(name)


@dataclass
class Finished:
    """A Coordinator that ended by itself."""

    code: int
    log: str

    def last_error(self) -> dict:
        errors = [e for e in log_entries(self.log) if e.get("level") == "error"]
        return errors[-1] if errors else {}


def log_entries(text: str) -> list[dict]:
    entries = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def environment(seal_dir, **changes) -> dict:
    """Simulation, ports chosen by the system. A change to None removes a variable."""
    env = {
        "PATH": os.environ.get("PATH", ""),
        "OE_SIMULATION": "1",
        "EDG_COORDINATOR_MESH_ADDR": "127.0.0.1:0",
        "EDG_COORDINATOR_CLIENT_ADDR": "127.0.0.1:0",
        "EDG_COORDINATOR_PROMETHEUS_ADDR": "127.0.0.1:0",
        "EDG_COORDINATOR_SEAL_DIR": str(seal_dir),
    }
    # Sanitizers find their settings in the environment.
    env |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in env.items() if name not in changes or changes[name] is not None}


def run_to_end(seal_dir, *args, wrapper=(), **changes) -> Finished:
    """Starts a Coordinator that is expected to refuse."""
    done = subprocess.run(
        [*wrapper, PROGRAM, *args],
        env=environment(seal_dir, **changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Finished(done.returncode, done.stdout + done.stderr)


class Coordinator:
    """A running Coordinator. `log` holds everything that it wrote so far."""

    def __init__(self, seal_dir, *args, wrapper=(), **changes):
        self.seal_dir = Path(seal_dir)
        self._lines: list[str] = []
        self._news: queue.Queue = queue.Queue()
        self.process = subprocess.Popen(
            [*wrapper, PROGRAM, *args],
            env=environment(seal_dir, **changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()
        self.rest_port = self.mesh_port = self.monitoring_port = 0
        deadline = time.monotonic() + TIMEOUT
        while not self.rest_port:
            try:
                self._learn(self._news.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                self.kill()
                raise AssertionError("the Coordinator does not start:\n" + self.log) from None

    def _follow(self):
        for line in self.process.stderr:
            self._lines.append(line)
            self._news.put(line)
        self._news.put(None)

    def _learn(self, line):
        if line is None:
            self._end()
            raise AssertionError("the Coordinator ended during its start:\n" + self.log)
        found = _ADDRESS.search(line)
        port = int(found[1]) if found else 0
        if "Started gRPC server" in line:
            self.mesh_port = port
        elif "Starting prometheus /metrics endpoint" in line:
            self.monitoring_port = port
        elif "Starting client https server" in line:
            self.rest_port = port

    @property
    def log(self) -> str:
        return "".join(self._lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self) -> None:
        """As a crash does: at once."""
        if self.process.poll() is None:
            self.process.kill()
        self._end()

    def terminate(self) -> int:
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        self.process.stderr.close()
        return code

    # REST

    def connect(self, cert=None, port=None, source="127.0.0.1") -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if cert is not None:
            context.load_cert_chain(cert.chain_file, cert.key_file)
        raw = socket.create_connection(("127.0.0.1", port or self.rest_port), TIMEOUT, (source, 0))
        try:
            return context.wrap_socket(raw, server_hostname="localhost")
        except BaseException:
            raw.close()
            raise

    def request(self, method, target, body=b"", cert=None, **headers) -> "Answer":
        with self.connect(cert) as sock:
            send_request(sock, method, target, body, **headers)
            return read_answer(sock, method)

    def get(self, target, cert=None) -> "Answer":
        return self.request("GET", target, cert=cert)

    def post(self, target, value, cert=None) -> "Answer":
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.request("POST", target, body, cert=cert)

    def monitoring(self, target) -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self.monitoring_port, timeout=TIMEOUT)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def set_manifest(self, document) -> "Answer":
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.post("/api/v2/manifest", {"manifest": b64(raw)})

    def root_certificate(self) -> bytes:
        with self.connect() as sock:
            return sock.getpeercert(binary_form=True)

    # gRPC

    def marble(self, cert, names="localhost") -> "Marble":
        return Marble(self, cert, names)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    _lower: dict[str, str] = field(init=False)

    def __post_init__(self):
        self._lower = {name.lower(): value for name, value in self.headers.items()}

    def header(self, name: str) -> str | None:
        return self._lower.get(name.lower())

    @property
    def reason(self) -> str | None:
        return self.header("X-Steelie-Reason")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        assert self.status == 200, self
        return self.json["data"]

    @property
    def message(self) -> str:
        return self.json.get("message", "")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def send_request(sock, method, target, body=b"", **headers) -> None:
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
    headers.setdefault("Content_Length", str(len(body)))
    for name, value in headers.items():
        head += f"{name.replace('_', '-')}: {value}\r\n"
    sock.sendall(head.encode() + b"\r\n" + body)


def read_answer(sock, method="GET") -> Answer:
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    return Answer(response.status, dict(response.getheaders()), response.read())


# Certificates


@dataclass
class ClientCertificate:
    key_file: str
    chain_file: str
    pem: str

    def followed_by(self, other: "ClientCertificate", folder) -> "ClientCertificate":
        """The same identity, with another's certificate appended to the chain."""
        chain = Path(folder) / f"chain-{uuid.uuid4()}.pem"
        chain.write_text(self.pem + other.pem)
        return ClientCertificate(self.key_file, str(chain), self.pem)


def openssl(*args, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True, timeout=TIMEOUT).stdout


def make_certificate(folder, name) -> ClientCertificate:
    key, cert = Path(folder) / f"{name}.key", Path(folder) / f"{name}.crt"
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(cert),
        "-days",
        "30",
        "-subj",
        f"/CN={name}",
    )
    return ClientCertificate(str(key), str(cert), cert.read_text())


def make_csr(cert: ClientCertificate) -> bytes:
    return openssl(
        "req", "-new", "-key", cert.key_file, "-subj", "/", "-addext", "subjectAltName=DNS:localhost", "-outform", "DER"
    )


# The messages of the marble API: few enough to do without generated code, which also allows broken ones.


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def encode_activation(quote: bytes, csr: bytes, marble_type: str, marble_uuid: str) -> bytes:
    values = [quote, csr, marble_type.encode(), marble_uuid.encode()]
    return b"".join(_bytes_field(number, value) for number, value in enumerate(values, 1) if value)


def _fields(data: bytes):
    at = 0

    def varint():
        nonlocal at
        shift = value = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        assert tag & 7 == 2, "only length-delimited fields are expected"
        size = varint()
        yield tag >> 3, data[at : at + size]
        at += size


@dataclass
class Parameters:
    files: dict[str, bytes] = field(default_factory=dict)
    env: dict[str, bytes] = field(default_factory=dict)
    argv: list[str] = field(default_factory=list)

    @staticmethod
    def decode(response: bytes) -> "Parameters":
        out = Parameters()
        for _, parameters in _fields(response):
            for number, value in _fields(parameters):
                if number == 3:
                    out.argv.append(value.decode())
                else:
                    entry = dict(_fields(value))
                    (out.files if number == 1 else out.env)[entry.get(1, b"").decode()] = entry.get(2, b"")
        return out


class Marble:
    """A marble without a TEE, by Python's grpcio. Other than real marbles it verifies the Coordinator's certificate."""

    def __init__(self, coordinator: Coordinator, cert: ClientCertificate, name: str):
        import grpc  # only the tests that need it need the package

        with coordinator.connect(cert, coordinator.mesh_port) as sock:
            self.root = ssl.DER_cert_to_PEM_cert(sock.getpeercert(binary_form=True)).encode()
        credentials = grpc.ssl_channel_credentials(self.root, Path(cert.key_file).read_bytes(), cert.pem.encode())
        self.channel = grpc.secure_channel(
            f"127.0.0.1:{coordinator.mesh_port}", credentials, [("grpc.ssl_target_name_override", name)]
        )
        self._cert = cert
        self._csr: bytes | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    @property
    def csr(self) -> bytes:
        if self._csr is None:
            self._csr = make_csr(self._cert)
        return self._csr

    def call(self, message: bytes, method="/rpc.Marble/Activate", timeout=TIMEOUT) -> bytes:
        return self.channel.unary_unary(method)(message, timeout=timeout)

    def activate(self, marble_type, marble_uuid=None, csr=None, quote=b"") -> Parameters:
        message = encode_activation(
            quote,
            self.csr if csr is None else csr,
            marble_type,
            str(uuid.uuid4()) if marble_uuid is None else marble_uuid,
        )
        return Parameters.decode(self.call(message))
