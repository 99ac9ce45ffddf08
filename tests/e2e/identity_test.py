"""Who may call what: every operation of the client API, by every kind of client. Only what the table says succeeds."""

import base64
import json
import shutil
import subprocess
import unittest

import grpc
import harness
from harness import b64

V2 = "/api/v2/"
PUBLIC = 200
NONE = (404, "update.none")
STATE = (409, "state.wrong")

# Clients that are no users of the manifest in force.
STRANGERS = ("nobody", "stranger", "appended", "marble", "marble appended", "removed")
# Users, by what they may do.
USERS = ("norole", "reader", "writer", "updater", "expired", "followed")


def users_only(forbidden, v1=None, **answers):
    """Strangers are 401. `forbidden` is the answer to users without the right; others are named."""
    table = dict.fromkeys(STRANGERS, (401, "user.unauthorized"))
    table |= dict.fromkeys(USERS, (v1 or forbidden[0], forbidden[1]))
    return table | answers


def everybody(answer):
    return dict.fromkeys(STRANGERS + USERS, answer)


FORBIDDEN = (403, "user.forbidden")
V1_FORBIDDEN = (400, "user.forbidden")


class IdentityTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(harness.temporary_folder())
        cls.coordinator = cls.enterClassContext(harness.Coordinator(cls.folder / "seal"))
        make = {name: harness.make_certificate(cls.folder, name) for name in ("stranger", "removed", "norole", "reader",
                                                                             "writer", "updater", "plain")}
        make["expired"] = cls.expired(make["reader"])
        cls.certs = make
        manifest = cls.manifest({"removed": ["read", "write", "update", "packages"]})
        assert cls.coordinator.set_manifest(manifest).status == 200
        cls.current = cls.manifest({})
        answer = cls.coordinator.post(V2 + "update", {"manifest": b64(cls.current)}, make["removed"])
        assert answer.data["missingAcknowledgments"] == 0, answer
        with cls.coordinator.marble(make["plain"]) as marble:
            env = marble.activate("worker").env
        chain, key = cls.folder / "marble.pem", cls.folder / "marble-key.pem"
        chain.write_bytes(env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
        key.write_bytes(env["MARBLE_PREDEFINED_PRIVATE_KEY"])
        marble = harness.ClientCertificate(str(key), str(chain), chain.read_text())
        cls.clients = {name: make[name] for name in ("stranger", "removed", "norole", "reader", "writer", "updater", "expired")}
        cls.clients |= {
            "nobody": None,
            "marble": marble,
            "appended": make["stranger"].followed_by(make["updater"], cls.folder),
            "marble appended": marble.followed_by(make["updater"], cls.folder),
            "followed": make["reader"].followed_by(make["stranger"], cls.folder),
        }

    @classmethod
    def expired(cls, like):
        key, csr, cert = (cls.folder / f"expired.{end}" for end in ("key", "csr", "crt"))
        shutil.copy(like.key_file, key)
        harness.openssl("req", "-new", "-key", str(key), "-subj", "/CN=expired", "-out", str(csr))
        ca = cls.folder / "ca"
        ca.mkdir()
        (ca / "index.txt").touch()
        (ca / "serial").write_text("01")
        (ca / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndir={ca}\ndatabase={ca}/index.txt\nserial={ca}/serial\nnew_certs_dir={ca}\n"
            "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
        )
        subprocess.run(
            ["openssl", "ca", "-batch", "-selfsign", "-config", str(ca / "ca.cnf"), "-keyfile", str(key), "-in", str(csr),
             "-out", str(cert), "-notext", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z"],
            check=True, capture_output=True, timeout=harness.TIMEOUT,
        )
        return harness.ClientCertificate(str(key), str(cert), cert.read_text())

    @classmethod
    def manifest(cls, more) -> bytes:
        roles = {"norole": [], "reader": ["read"], "expired": ["read"], "writer": ["write", "packages"],
                 "updater": ["update"]} | more
        return json.dumps({
            "Packages": {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 2}},
            "Marbles": {"worker": {"Package": "pkg"}},
            "Secrets": {"key": {"Type": "symmetric-key", "Size": 128, "Shared": True},
                        "token": {"Type": "plain", "UserDefined": True}},
            "Users": {n: {"Certificate": cls.certs[n].pem, "Roles": r} for n, r in roles.items()},
            "Roles": {
                "read": {"ResourceType": "Secrets", "ResourceNames": ["key"], "Actions": ["ReadSecret"]},
                "write": {"ResourceType": "Secrets", "ResourceNames": ["token"], "Actions": ["WriteSecret"]},
                "packages": {"ResourceType": "Packages", "ResourceNames": ["pkg"], "Actions": ["UpdateSecurityVersion"]},
                "update": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            },
            "Config": {"FeatureGates": ["MonotonicCounter", "SignQuoteEndpoint"], "UpdateThreshold": 1},
        }).encode()

    def table(self):
        """(method, path, body) -> answer by client. What succeeds here changes nothing, or only the log."""
        full = json.dumps({"manifest": b64(self.current + b" ")}).encode()
        raise_package = b'{"Packages":{"pkg":{"SecurityVersion":1}}}'
        package = json.dumps({"manifest": b64(raise_package)}).encode()
        token = b'{"token":{"Key":"c2VzYW1l"}}'
        upload = b'{"secrets":' + token + b"}"
        may_read = {"reader": PUBLIC, "expired": PUBLIC, "followed": PUBLIC}
        downgrade = (400, "manifest.update.downgrade")
        counter = {**everybody((401, "marble.unauthorized")), "marble": PUBLIC, "marble appended": PUBLIC}
        rows = {
            # First, since the log shows a sample only.
            ("GET", V2 + "secrets?s=key", b""): users_only(FORBIDDEN, **may_read),
            ("GET", V2 + "status", b""): everybody(PUBLIC),
            ("GET", V2 + "quote", b""): everybody(PUBLIC),
            ("GET", V2 + "manifest", b""): everybody(PUBLIC),
            ("GET", V2 + "update", b""): everybody(PUBLIC),
            ("GET", V2 + "openapi.json", b""): everybody(PUBLIC),
            ("GET", V2 + "time-floor", b""): everybody(PUBLIC),
            ("GET", V2 + "update-manifest", b""): everybody(NONE),
            ("GET", V2 + "recover/public-key", b""): everybody(STATE),
            # Nobody could recover with this manifest.
            ("GET", V2 + "recover/drill", b""): everybody((409, "drill.none")),
            ("POST", V2 + "recover/drill", b'{"possessionKey":"' + b64(bytes(32)).encode() + b'"}'): everybody(
                (409, "drill.none")
            ),
            ("GET", "/status", b""): everybody(PUBLIC),
            ("GET", "/quote", b""): everybody(PUBLIC),
            ("GET", "/manifest", b""): everybody(PUBLIC),
            ("GET", "/update", b""): everybody(PUBLIC),
            ("GET", "/update-manifest", b""): everybody(NONE),
            ("POST", V2 + "manifest", full): everybody(STATE),
            ("POST", "/manifest", self.current): everybody((400, "state.wrong")),
            ("POST", V2 + "recover", b'{"recoverySecret":"' + b64(bytes(32)).encode() + b'"}'): everybody(STATE),
            ("POST", "/recover", b"{}"): everybody((410, "recover.v1_gone")),
            ("POST", V2 + "sign-quote", b'{"sgxQuote":"AAAA"}'): everybody((400, "attest.unsupported")),
            ("POST", V2 + "monotonic-counter", b'{"name":"n","value":0}'): counter,
            ("GET", "/secrets?s=key", b""): users_only(V1_FORBIDDEN, **may_read),
            ("GET", V2 + "secrets?s=key&s=missing", b""): users_only(FORBIDDEN),
            ("POST", V2 + "secrets", upload): users_only(FORBIDDEN, writer=PUBLIC),
            ("POST", "/secrets", token): users_only(V1_FORBIDDEN, writer=PUBLIC),
            ("POST", V2 + "update", package): users_only(FORBIDDEN, writer=downgrade),
            ("POST", "/update", raise_package): users_only(V1_FORBIDDEN, writer=downgrade),
            ("POST", V2 + "update", b'{"manifest":"' + b64(self.current[:-1]).encode() + b'"}'): users_only(
                (400, "manifest.json.syntax")
            ),
            ("POST", V2 + "update-manifest", full): users_only(NONE),
            ("POST", "/update-manifest", self.current): users_only(NONE),
            ("POST", V2 + "update-cancel", b""): users_only(FORBIDDEN, updater=NONE),
            ("POST", "/update-cancel", b""): users_only((500, "user.forbidden"), updater=NONE),
            ("POST", V2 + "time-floor", b'{"floor":9223372036}'): users_only(FORBIDDEN, updater=(409, "time.not_lower")),
        }
        if ("POST", V2 + "plan") in self.operations():
            rows["POST", V2 + "plan", full] = users_only(FORBIDDEN, updater=PUBLIC)
        return rows

    def operations(self):
        """What the Coordinator says that it serves."""
        paths = self.coordinator.get(V2 + "openapi.json").json["paths"]
        methods = ("get", "post", "put", "delete", "patch")
        return {(m.upper(), path) for path, item in paths.items() for m in item if m in methods}

    def state(self):
        paths = ("status", "manifest", "quote", "update-manifest", "secrets?s=key")
        answers = [self.coordinator.get(V2 + path, self.certs["reader"]) for path in paths]
        return [(answer.status, answer.body) for answer in answers]

    def test_every_operation_and_client(self):
        before = self.state()
        log_lines = len(self.coordinator.get(V2 + "update").data["updateLog"])
        table = self.table()
        refused = 0
        for (method, path, body), answers in table.items():
            for client, expected in answers.items():
                answer = self.coordinator.request(method, path, body, self.clients[client])
                got = answer.status if answer.status == 200 else (answer.status, answer.reason)
                with self.subTest(method=method, path=path, client=client):
                    self.assertEqual(got, expected, answer.body[:300])
                refused += answer.status != 200
        self.assertGreater(refused, 200)
        self.assertEqual(self.state(), before)
        log = self.coordinator.get(V2 + "update").data["updateLog"][log_lines:]
        self.assertEqual([json.loads(line)["user"] for line in log], ["writer", "writer"])
        covered = {(method, path.partition("?")[0]) for method, path, _ in table}
        self.assertEqual(self.operations() - covered, set(), "operations that the table does not have")
        self.check_log()

    def check_log(self):
        lines = harness.log_entries(self.coordinator.log)
        # A sample of some 200, so the first rows only.
        refusals = {(e["path"], e["reason"]) for e in lines if e["msg"] == "Refused request"}
        self.assertIn((V2 + "secrets", "user.unauthorized"), refusals)
        self.assertIn((V2 + "secrets", "user.forbidden"), refusals)
        users = {(e["user"], e["operation"]) for e in lines if e["msg"] == "A user was refused"}
        self.assertIn(("norole", "read secrets"), users)
        self.assertNotIn("sesame", self.coordinator.log)
        self.assertNotIn("c2VzYW1l", self.coordinator.log)
        # Strangers are counted, whatever happens to their lines.
        metrics = self.coordinator.monitoring("/metrics").body.decode()
        self.assertRegex(metrics, r'request_total\{[^}]*code="401"[^}]*path="/api/v2/secrets"')

    def test_a_large_body_of_a_stranger_is_logged_and_counted(self):
        with self.coordinator.connect(self.clients["stranger"]) as sock:
            harness.send_request(sock, "POST", V2 + "update", Content_Length=str(10 << 20))
            answer = harness.read_answer(sock)
        self.assertEqual((answer.status, answer.reason), (401, "user.unauthorized"))
        metrics = self.coordinator.monitoring("/metrics").body.decode()
        self.assertRegex(metrics, r'request_total\{[^}]*code="401"[^}]*path="/api/v2/update"')

    def test_marbles_and_users_are_told_apart(self):
        # To the marble API a user is a client like any other: what counts there is the evidence.
        with self.coordinator.marble(self.certs["updater"]) as marble:
            marble.activate("worker")
            with self.assertRaises(grpc.RpcError) as caught:
                marble.activate("nothing")
            self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
        # The certificate it got makes no user of it, nor does being a user make a marble.
        self.assertEqual(self.coordinator.get(V2 + "secrets?s=key", self.clients["marble"]).status, 401)
        answer = self.coordinator.post(V2 + "monotonic-counter", {"name": "n", "value": 7}, self.certs["updater"])
        self.assertEqual((answer.status, answer.reason), (401, "marble.unauthorized"))

    def test_counters(self):
        counter = V2 + "monotonic-counter"
        marble = self.clients["marble"]
        top = 2**64 - 1

        def post(value, cert=marble, name="c"):
            return self.coordinator.post(counter, {"name": name, "value": value}, cert)

        self.assertEqual(post(5).data, {"value": 0})
        self.assertEqual(post(3).data, {"value": 5})  # never backwards
        for above in (top + 1, top * 10, -1, 1e20):
            answer = post(above)
            self.assertEqual((answer.status, answer.reason), (400, "request.json"))
        self.assertEqual(post(top).data, {"value": 5})
        for value in (top, 0, 1):
            self.assertEqual(post(value).data, {"value": top})
        # Another marble has counters of its own.
        with self.coordinator.marble(self.certs["plain"]) as other:
            env = other.activate("worker").env
        chain, key = self.folder / "other.pem", self.folder / "other-key.pem"
        chain.write_bytes(env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
        key.write_bytes(env["MARBLE_PREDEFINED_PRIVATE_KEY"])
        second = harness.ClientCertificate(str(key), str(chain), chain.read_text())
        self.assertEqual(post(1, second).data, {"value": 0})
        self.assertEqual(post(0).data, {"value": top})
        # The name cannot be made to reach another's.
        for name in ("c:c", base64.b64encode(b"c").decode(), "", "\u0000", "worker:c"):
            self.assertEqual(post(0, second, name).data, {"value": 0})
        answer = post(1, second, "n" * 5000)
        self.assertEqual((answer.status, answer.reason), (400, "counter.name"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
