"""What an activation costs: on the running Coordinator, and inside, part by part. Prints one table.

    bench.py [--json FILE] [--rounds N] [--smoke] [--skip-parts]

Run by `make bench`, which sets the variables that name the programs. Every figure is the median of several rounds, and
ratios are taken within a round, since other work on the machine moves all of them. See docs/performance.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "e2e"))

from harness import Coordinator, b64, make_certificate, read_answer, send_request  # noqa: E402

LOAD = os.environ["STEELIE_LOAD"]
RECORD = os.environ["STEELIE_RECORD"]
BENCHMARKS = os.environ["STEELIE_BENCHMARKS"].split(":")

# The cryptography of one activation on a connection of its own: the handshake's key exchange, signature and
# verification of the client's; verification of the request; the marble's key; the signature of its certificate.
FLOOR = ["Exchange/P256", "Sign/P256", "Verify/P256", "Verify/P256", "GenerateKey/P256", "Sign/P256"]
FLOOR_INSIDE = ["Verify/P256", "GenerateKey/P256", "Sign/P256"]


def manifest(more: int) -> dict:
    parameters = {
        "Argv": ["serve", "--port", "8080"],
        "Env": {"OWN": "{{ hex .Secrets.own }}", "SHARED": "{{ base64 .Secrets.shared }}",
                "ROOT": "{{ pem .MarbleRun.RootCA.Cert }}", "MODE": "server"},
        "Files": {"/etc/key.pem": "{{ pem .MarbleRun.MarbleCert.Private }}",
                  "/etc/seal": "{{ raw .MarbleRun.SealKey }}"},
    }
    marbles = {"m": {"Package": "p", "Parameters": parameters},
               "l": {"Package": "p", "MaxActivations": 1_000_000_000, "Parameters": parameters}}
    secrets = {"own": {"Type": "symmetric-key", "Size": 256},
               "shared": {"Type": "symmetric-key", "Size": 256, "Shared": True}}
    for i in range(more):
        marbles[f"marble{i}"] = {"Package": "p", "MaxActivations": 10, "Parameters": {
            "Env": {"KEY": "{{ hex .Secrets.secret%d }}" % i, "LEVEL": "info"}}}
        secrets[f"secret{i}"] = {"Type": "symmetric-key", "Size": 256, "Shared": i % 2 == 0}
    return {"Packages": {"p": {"UniqueID": "a" * 64}}, "Marbles": marbles, "Secrets": secrets}


def start(folder: Path, name: str) -> Coordinator:
    return Coordinator(folder / name)


def memory(pid: int, name="VmRSS") -> float:
    """In megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Table:
    """Rows as they are measured; `figures` collects the rounds of each."""

    def __init__(self):
        self.rows: list[dict] = []
        self.figures: dict[str, list[float]] = {}

    def add(self, name: str, value: float, unit: str, note: str = "") -> None:
        self.rows.append({"name": name, "value": round(value, 4), "unit": unit, "note": note})

    def collect(self, key: str, value: float) -> None:
        self.figures.setdefault(key, []).append(value)

    def median(self, key: str) -> float:
        return statistics.median(self.figures[key])

    def ratio(self, above: str, below: str) -> float:
        return statistics.median(a / b for a, b in zip(self.figures[above], self.figures[below], strict=True))

    def text(self) -> str:
        width = max(len(row["name"]) for row in self.rows)
        lines = []
        for row in self.rows:
            value = f"{row['value']:.3f}" if row["value"] < 100 else f"{row['value']:.0f}"
            lines.append(f"{row['name']:<{width}}  {value:>9} {row['unit']:<5} {row['note']}".rstrip())
        return "\n".join(lines)


def parts(rounds: int) -> dict[str, float]:
    """Medians of the benchmark programs in microseconds, by name."""
    out = {}
    for program in BENCHMARKS:
        done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.2",
                               f"--benchmark_repetitions={rounds}", "--benchmark_report_aggregates_only=true"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        for one in json.loads(done.stdout)["benchmarks"]:
            if one.get("aggregate_name") != "median":
                continue
            name = one["run_name"]
            wall = name.endswith(("/manual_time", "/real_time"))
            scale = {"ns": 1e-3, "us": 1.0, "ms": 1e3}[one["time_unit"]]
            value = scale * one["real_time" if wall else "cpu_time"]
            if one.get("items_per_second") and "Record" in name:
                value /= 1000  # a batch of that many
            out[name.removesuffix("/manual_time").removesuffix("/real_time").removesuffix("/process_time")] = value
    return out


def report_parts(table: Table, us: dict[str, float]) -> None:
    for name in dict.fromkeys(FLOOR):
        table.add(f"cryptography: {name}", us[name], "us", "OpenSSL, all prepared")
    floor, inside = (sum(us[name] for name in names) for names in (FLOOR, FLOOR_INSIDE))
    table.add("floor: cryptography of an activation", floor, "us", "the sum, handshake included")
    table.add("floor: without the handshake's", inside, "us")
    for key in ("P256", "P384"):
        ours, bare = us[f"Handshake/{key}"], us[f"BareHandshake/{key}"]
        table.add(f"handshake, client with {key}: bare OpenSSL", bare, "us", "the server's part")
        table.add(f"handshake, client with {key}: ours", ours, "us", f"{ours / bare:.2f} x bare")
    for name in ("VerifyRequest/P256", "VerifyRequest/P384", "GenerateKey", "EncodeKey", "SignCertificate",
                 "VerifyEvidence", "DecidePolicy", "Render", "RecordEvent", "CommitEvent"):
        table.add(f"part: {name}", us[name], "us")
    whole = us["Activate/unlimited/0"]
    table.add("activation inside, unlimited", whole, "us", f"{whole / inside:.2f} x its cryptography")
    for more in (10, 10_000):
        value = us[f"Activate/unlimited/{more}"]
        table.add(f"activation inside, +{more:,} marbles and secrets", value, "us", f"{value / whole:.2f} x without")
    table.add("activation inside, limited", us["Activate/limited/0"], "us", "alone: one durable write each")
    table.add("activation inside, with evidence", us["Activate/with_evidence/0"], "us")
    table.add("manifest set inside, 10,000 marbles", us["SetManifest/10000"] / 1000, "ms")
    for name, title in (("ReadSecret", "secret read inside"), ("WriteSecret", "secret write inside, durable"),
                        ("UpdatePackage", "package update inside, durable")):
        table.add(title, us[name], "us")
    for more in (0, 10_000):
        table.add(f"full update inside, {more:,} marble types, 1,000 secrets", us[f"UpdateManifest/{more}"] / 1000, "ms")
        table.add(f"plan inside, {more:,} recorded marbles", us[f"PlanUpdate/{more}"] / 1000, "ms")
    table.add("start inside, 100,000 activations", us["StartAfterActivations/100000"] / 1000, "ms")


class Bench:
    """The Coordinators under load, one for each manifest."""

    def __init__(self, folder: Path, smoke: bool, rounds: int, table: Table):
        self.folder, self.table = folder, table
        self.rounds = 1 if smoke else rounds
        self.count = 4 if smoke else 1000
        self.parallel = 4 if smoke else 64
        self.parallel_count = 16 if smoke else 3000
        self.many = 50 if smoke else 10_000
        self.history = 2000 if smoke else 100_000

    def load(self, server: Coordinator, key: str, kind: str, parallel=1, curve="p256", handshake=False) -> None:
        command = [LOAD, "--addr", f"127.0.0.1:{server.mesh_port}", "--type", kind, "--parallel", str(parallel),
                   "--count", str(self.count if parallel == 1 else self.parallel_count), "--key", curve,
                   "--pid", str(server.process.pid)]
        done = subprocess.run(command + ["--handshake"] * handshake, stdout=subprocess.PIPE, check=False, timeout=600)
        result = json.loads(done.stdout)
        if done.returncode != 0 or result["errors"]:
            raise SystemExit(f"activations failed: {result['errors']}\n{server.log[-2000:]}")
        for name in ("cpu_ms", "rate", "p50_ms", "p99_ms"):
            self.table.collect(f"{key} {name}", result[name])

    def run(self) -> None:
        with start(self.folder, "small") as small, start(self.folder, "ten") as ten, \
             start(self.folder, "many") as many:
            idle = memory(small.process.pid)
            for server, more in ((small, 0), (ten, 10)):
                self.set_manifest(server, more)
            seconds = self.set_manifest(many, self.many)
            for _ in range(self.rounds):
                self.load(small, "handshake", "m", handshake=True)
                self.load(small, "small", "m")
                self.load(ten, "ten", "m")
                self.load(many, "many", "m")
                self.load(small, "p384", "m", curve="p384")
                self.load(small, "limited", "l")
                self.load(small, "many at once", "m", parallel=self.parallel)
                self.load(small, "limited at once", "l", parallel=self.parallel)
            self.report()
            self.table.add(f"manifest set, {self.many:,} marbles and secrets", seconds * 1000, "ms")
            self.table.add("start to ready, new", self.time_start("empty") * 1000, "ms")
            self.table.add("memory, idle", idle, "MB", "resident; goal: below 30")
            self.table.add("memory, after the load", memory(small.process.pid), "MB")
            self.table.add(f"memory, {self.many:,} marbles and secrets, after load", memory(many.process.pid), "MB")
        self.measure_users()
        self.measure_history()

    def measure_users(self) -> None:
        """What users do, one after the other on a kept-alive connection. The rate is what one core could serve."""
        user = make_certificate(self.folder, "user")
        document = {"Packages": {"p": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 1}},
                    "Marbles": {"m": {"Package": "p"}},
                    "Secrets": {"s": {"Type": "plain", "UserDefined": True}},
                    "Users": {"user": {"Certificate": user.pem, "Roles": ["secrets", "packages"]}},
                    "Roles": {"secrets": {"ResourceType": "Secrets", "ResourceNames": ["s"],
                                          "Actions": ["ReadSecret", "WriteSecret"]},
                              "packages": {"ResourceType": "Packages", "ResourceNames": ["p"],
                                           "Actions": ["UpdateSecurityVersion"]}}}
        raised = b64(json.dumps({"Packages": {"p": {"SecurityVersion": 1}}}).encode())
        upload = json.dumps({"secrets": {"s": {"Key": b64(b"x" * 32)}}}).encode()
        with start(self.folder, "users") as server:
            assert server.set_manifest(document).status == 200
            for name, method, path, body, count in (
                ("status", "GET", "/api/v2/status", b"", 4 * self.count),
                ("secret read", "GET", "/api/v2/secrets?s=s", b"", 4 * self.count),
                ("secret write, durable", "POST", "/api/v2/secrets", upload, self.count // 2),
                ("package update, durable", "POST", "/api/v2/update", json.dumps({"manifest": raised}).encode(),
                 self.count // 4),
            ):
                times = []
                with server.connect(user) as sock:
                    before = processor_seconds(server.process.pid)
                    for _ in range(count):
                        begin = time.monotonic()
                        send_request(sock, method, path, body)
                        assert read_answer(sock).status == 200
                        times.append(time.monotonic() - begin)
                    used = processor_seconds(server.process.pid) - before
                times.sort()
                note = f"p50 {times[len(times) // 2] * 1000:.2f} ms, p99 {times[len(times) * 99 // 100] * 1000:.2f} ms"
                self.table.add(f"rate of one core: {name}", count / max(used, 0.001), "1/s", note)

    @staticmethod
    def set_manifest(server: Coordinator, more: int) -> float:
        document = json.dumps(manifest(more)).encode()
        begin = time.monotonic()
        answer = server.set_manifest(document)
        seconds = time.monotonic() - begin
        assert answer.status == 200, answer
        return seconds

    def time_start(self, name: str) -> float:
        begin = time.monotonic()
        with start(self.folder, name) as server:
            server.connect().close()
            return time.monotonic() - begin

    def measure_history(self) -> None:
        with start(self.folder, "history") as server:
            self.set_manifest(server, 0)
            server.terminate()
        subprocess.run([RECORD, str(self.folder / "history"), str(self.history)], check=True, timeout=600)
        for _ in range(self.rounds):
            self.table.collect("start", self.time_start("history"))
        self.table.add(f"start to ready, {self.history:,} activations", self.table.median("start") * 1000, "ms",
                       "goal: below 1000")

    def report(self) -> None:
        table = self.table

        def cpu(name, key, note=""):
            table.add(f"CPU: {name}", table.median(f"{key} cpu_ms"), "ms", note)

        cpu("connect and close only", "handshake", "TLS handshake with client certificate")
        cpu("activation", "small", "on a connection of its own, as all of these")
        cpu("activation, client with P-384", "p384")
        for key, more in (("ten", 10), ("many", self.many)):
            cpu(f"activation, +{more:,} marbles and secrets", key,
                f"{table.ratio(f'{key} cpu_ms', 'small cpu_ms'):.2f} x without")
        cpu("activation, limited", "limited", "alone: one durable write each")
        cpu(f"activation, {self.parallel} at once", "many at once")
        cpu(f"activation, limited, {self.parallel} at once", "limited at once")
        for name, key in (("alone", "small"), ("alone, limited", "limited")):
            table.add(f"rate, {name}", table.median(f"{key} rate"), "1/s",
                      f"p50 {table.median(f'{key} p50_ms'):.2f} ms, p99 {table.median(f'{key} p99_ms'):.2f} ms")
        for name, key in (("", "many at once"), (", limited", "limited at once")):
            note = f"p50 {table.median(f'{key} p50_ms'):.1f} ms, p99 {table.median(f'{key} p99_ms'):.1f} ms"
            if name:
                ratio = table.ratio("limited at once rate", "many at once rate")
                note = f"{ratio:.2f} x unlimited (goal: 0.80); " + note
            table.add(f"rate, {self.parallel} at once{name}", table.median(f"{key} rate"), "1/s", note)


def main() -> None:
    parser = argparse.ArgumentParser(description="what an activation costs")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--smoke", action="store_true", help="run everything briefly; the figures mean nothing")
    parser.add_argument("--skip-parts", action="store_true", help="only the running program")
    options = parser.parse_args()
    table = Table()
    inside = {}
    if not options.smoke and not options.skip_parts:
        inside = parts(3)
        report_parts(table, inside)
    with tempfile.TemporaryDirectory(prefix="steelie-bench-") as folder:
        Bench(Path(folder), options.smoke, options.rounds, table).run()
    if inside:
        floor = sum(inside[name] for name in FLOOR) / 1000
        bare = inside["BareHandshake/P256"] / 1000
        rest = sum(inside[name] for name in FLOOR_INSIDE) / 1000
        whole = table.median("small cpu_ms")
        table.add("ratio: activation / its cryptography", whole / floor, "x")
        table.add("ratio: activation / bare TLS and the rest of the cryptography", whole / (bare + rest), "x")
    print(table.text())
    if options.json:
        Path(options.json).write_text(json.dumps({"rows": table.rows, "rounds": table.figures, "inside_us": inside},
                                                 indent=2) + "\n")


if __name__ == "__main__":
    main()
