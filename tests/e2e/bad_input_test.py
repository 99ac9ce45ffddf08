"""Everything that arrives is hostile. Each test sends something wrong and expects a clear answer and no effect."""

import http.client
import json
import socket
import ssl
import struct
import time
import unittest

import grpc
import harness
from harness import b64

PACKAGES = {"pkg": {"SignerID": "ab" * 32, "ProductID": 1, "SecurityVersion": 2}}
STATUS = "/api/v2/status"
UNKNOWN = b'{"status":"error","data":null}\n'


class Case(unittest.TestCase):
    """A Coordinator for the whole class. Whatever a test does, the deployment afterwards is the one from before."""

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(harness.temporary_folder())
        cls.coordinator = cls.enterClassContext(harness.Coordinator(cls.folder / "seal"))

    @classmethod
    def state(cls):
        answers = [
            cls.coordinator.get(path)
            for path in (STATUS, "/api/v2/manifest", "/api/v2/update", "/api/v2/quote", "/api/v2/update-manifest")
        ]
        return [(answer.status, answer.body) for answer in answers]

    def setUp(self):
        self.before = self.state()

    def tearDown(self):
        self.assertEqual(self.state(), self.before)
        self.assertIsNone(self.coordinator.process.poll())

    def assertRefused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.reason), (status, reason), answer.body[:500])
        self.assertIn(answer.json["status"], ("error", "fail"))
        self.assertIsNone(answer.json["data"])
        self.assertTrue(answer.message)

    def exchange(self, data: bytes, answers=1, closes=True):
        """Sends bytes as they are and reads the answers; then the connection is closed, or stays open."""
        with self.coordinator.connect() as sock:
            sock.sendall(data)
            got = [harness.read_answer(sock) for _ in range(answers)]
            if not closes:
                sock.settimeout(0.2)
            try:
                self.assertEqual(sock.recv(1), b"")
                open_still = False
            except TimeoutError:
                open_still = True
            except (ssl.SSLError, ConnectionError):
                open_still = False
            self.assertEqual(open_still, not closes, data)
            return got


class ManifestTest(Case):
    def document(self, **changes):
        return {"Packages": PACKAGES, "Marbles": {"worker": {"Package": "pkg"}}} | changes

    def refused(self, raw, reason):
        if not isinstance(raw, bytes):
            raw = json.dumps(raw).encode()
        with self.subTest(reason=reason, manifest=raw[:80]):
            self.assertRefused(self.coordinator.set_manifest(raw), 400, reason)
            self.assertRefused(self.coordinator.post("/manifest", raw), 400, reason)

    def test_no_json(self):
        for raw in (
            b"",
            b"{",
            b"}",
            b"{'a': 1}",
            b'{"Packages": {},}',
            b"nul",
            b"\x00",
            b'{"a": \xff}',
            b'{"a": 01}',
            b'{"a": "\\u00"}',
            b'{"a": NaN}',
            b'{"a": "tab\there"}',
            "{}".encode("utf-16"),
        ):
            self.refused(raw, "manifest.json.syntax")
        self.refused(b"\xef\xbb\xbf{}", "manifest.json.bom")
        self.refused(b"{} {}", "manifest.json.trailing")
        for raw in (b"[]", b"1", b'"text"', b"true"):
            self.refused(raw, "manifest.document.type")

    def test_duplicate_keys(self):
        raw = json.dumps(self.document()).encode()
        self.assertIn(b'"Package": "pkg"', raw)
        for old, new in (
            (b'"Package": "pkg"', b'"Package": "pkg", "Package": "pkg"'),
            (b'"Package": "pkg"', b'"package": "other", "Package": "pkg"'),
            (b'"worker": {', b'"worker": {"Package": "pkg"}, "w\\u006frker": {'),
            (b'"Marbles": {', b'"Marbles": {"other": {"Package": "pkg"}}, "Marbles": {'),
        ):
            self.refused(raw.replace(old, new), "manifest.json.duplicate_key")

    def test_too_much(self):
        for depth in (65, 100_000):
            self.refused(b'{"a":' * depth + b"1" + b"}" * depth, "manifest.json.depth")
            self.refused(b"[" * depth, "manifest.json.depth")
        self.refused(b'{"Packages":[' + b"1," * 2_100_000 + b"1]}", "manifest.json.values")

    def test_unknown_or_wrong_fields(self):
        self.refused(self.document(Marble={}), "manifest.field.unknown")
        self.refused(self.document(Marbles={"w": {"Package": "pkg", "MaxActivation": 1}}), "manifest.field.unknown")
        for value in ("1", 1.0, -1, 2**64, 1e99, True, [], {}):
            answer = self.coordinator.set_manifest(
                self.document(Marbles={"w": {"Package": "pkg", "MaxActivations": value}})
            )
            self.assertEqual(answer.status, 400, value)
            self.assertIn(answer.reason, ("manifest.field.type", "manifest.field.range"))
        self.refused(self.document(Marbles=["w"]), "manifest.field.type")
        self.refused({"Packages": PACKAGES}, "manifest.marble.none")
        self.refused(self.document(Marbles={"w": {"Package": "other"}}), "manifest.package.unknown")

    def test_templates(self):
        def env(value):
            return self.document(Marbles={"w": {"Package": "pkg", "Parameters": {"Env": {"X": value}}}})

        self.refused(env("{{ hex .Secrets.nope }}"), "template.exec")
        self.refused(env("{{"), "template.parse")
        self.refused(env("{{ range 1000000000 }}xxxxxxxxxx{{ end }}"), "template.limit")
        self.refused(env("a\0b"), "template.env_nul")

    def test_secrets_that_cannot_be_made(self):
        for secret in (
            {"Type": "symmetric-key", "Size": 7, "Shared": True},
            {"Type": "magic"},
            {"Type": "plain"},
            {},
            {"Type": "cert-rsa", "Size": 1 << 60, "Shared": True},
        ):
            answer = self.coordinator.set_manifest(self.document(Secrets={"s": secret}))
            self.assertEqual(answer.status, 400, secret)
            self.assertRegex(answer.reason or "", r"^manifest\.")

    def test_recovery_keys(self):
        for key in ("", "no pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
            answer = self.coordinator.set_manifest(self.document(RecoveryKeys={"r": key}))
            self.assertEqual(answer.status, 400, key)
            self.assertRegex(answer.reason or "", r"^manifest\.recovery_key\.")

    def test_wrapper(self):
        def refused(body, reason):
            with self.subTest(body=body[:80]):
                self.assertRefused(self.coordinator.post("/api/v2/manifest", body), 400, reason)

        for body in (
            b"",
            b" ",
            b"{",
            b'{"manifest": "',
            b"[]",
            b'"x"',
            b"7",
            b"\xff",
            b'{"manifest": 7}',
            b'{"manifest": {}}',
            b'{"manifest": [256]}',
            b'{"manifest": [-1]}',
            b'{"manifest": ["a"]}',
            b"[" * 100_000,
            b'{"a":' * 65 + b"1" + b"}" * 65,
        ):
            refused(body, "request.json")
        for text in ("!", "abc", "a===", "YQ", "YQ==YQ==", "_-_-"):
            refused(json.dumps({"manifest": text}).encode(), "bytes.base64")
        # Without a manifest inside it is an empty document.
        for body in (
            b"{}",
            b"null",
            b'{"manifest": null}',
            b'{"manifest": ""}',
            b'{"manifest": []}',
            b'{"other": "e30="}',
        ):
            refused(body, "manifest.json.syntax")

    def test_too_large(self):
        limit = 32 << 20
        for path, size in (
            ("/manifest", limit + 1),
            ("/api/v2/manifest", limit // 3 * 4 + 4097),
            ("/secrets", (1 << 20) + 1),
        ):
            # Refused by the header: the body is never sent.
            with self.coordinator.connect() as sock:
                harness.send_request(sock, "POST", path, Content_Length=str(size))
                self.assertRefused(harness.read_answer(sock), 413, "request.size")
        with self.coordinator.connect() as sock:
            sock.sendall(b"POST /secrets HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
            try:
                for _ in range(17):
                    sock.sendall(chunk)
            except (ssl.SSLError, ConnectionError):
                pass  # it does not wait for the rest
            self.assertRefused(harness.read_answer(sock), 413, "request.size")
        for size in ("18446744073709551616", "-1", "1, 2", "0x10", "ten"):
            with self.coordinator.connect() as sock:
                harness.send_request(sock, "POST", "/manifest", Content_Length=size)
                self.assertIn(harness.read_answer(sock).status, (400, 413), size)


class HttpTest(Case):
    def test_unknown_paths(self):
        for path in (
            "/",
            "/nothing",
            "/api",
            "/api/v2",
            "/api/v2/",
            "/api/v2/status/",
            "/STATUS",
            "/api/v3/status",
            "/metrics",
            "/status%00",
            "/%2e%2e/status",
            "/" + "a" * 8000,
            "*",
            "status",
            "http://localhost/status",
        ):
            for method in ("GET", "POST", "PUT"):
                answer = self.coordinator.request(method, path)
                self.assertEqual((answer.status, answer.body), (405, UNKNOWN), (method, path))

    def test_wrong_methods(self):
        allowed = {
            STATUS: "GET",
            "/api/v2/quote": "GET",
            "/api/v2/manifest": "GET, POST",
            "/api/v2/recover": "POST",
            "/recover": "POST",
            "/status": "GET",
            "/api/v2/update-cancel": "POST",
            "/secrets": "GET, POST",
        }
        for path, allow in allowed.items():
            for method in (
                "HEAD",
                "OPTIONS",
                "PUT",
                "DELETE",
                "PATCH",
                "TRACE",
                "CONNECT",
                "get",
                "BREW",
                "GET",
                "POST",
            ):
                if method in allow.split(", "):
                    continue
                answer = self.coordinator.request(method, path)
                self.assertEqual((answer.status, answer.header("Allow")), (405, allow), (method, path))
                self.assertEqual(answer.body, b"" if method == "HEAD" else UNKNOWN, (method, path))

    def test_paths_are_cleaned_by_a_redirect(self):
        for path, clean in (
            ("//status", "/status"),
            ("/x/../quote?a=b", "/quote?a=b"),
            ("/./api/v2//status", STATUS),
            ("/../../status", "/status"),
            ("/api/v2/status/.", STATUS),
            ("//evil.example/..", "/"),
        ):
            answer = self.coordinator.get(path)
            self.assertEqual((answer.status, answer.header("Location")), (307, clean), path)

    def test_no_http(self):
        for data in (
            b"\x00\xff\x13 garbage\r\n\r\n",
            b"GET /status\r\n\r\n",
            b"GET /status HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET /status HTTP/9.9\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\r\n" * 100 + b"x\r\n\r\n",
            b"GET /sta tus HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /status HTTP/1.1\r\nA: \x00\r\n\r\n",
        ):
            (answer,) = self.exchange(data)
            self.assertRefused(answer, 400, "request.http")

    def test_ambiguous_length(self):
        for header in (
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ):
            (answer,) = self.exchange(b"POST /manifest HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n0\r\n\r\n")
            self.assertRefused(answer, 400, "request.http")

    def test_bad_chunks(self):
        start = b"POST /manifest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        for chunk in (b"zz\r\n", b"-1\r\n", b"FFFFFFFFFFFFFFFFF\r\n"):
            (answer,) = self.exchange(start + chunk)
            self.assertIn(answer.status, (400, 413))

    def test_large_header(self):
        (answer,) = self.exchange(b"GET /status HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (65 << 10) + b"\r\n\r\n")
        self.assertRefused(answer, 431, "request.header_size")
        (answer,) = self.exchange(
            b"GET /status HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (60 << 10) + b"\r\n\r\n", closes=False
        )
        self.assertEqual(answer.status, 200)

    def test_pipelining(self):
        good = b"GET /api/v2/status HTTP/1.1\r\nHost: x\r\n\r\n"
        post = b"POST /manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
        answers = self.exchange(good + post + good, 3, closes=False)
        self.assertEqual([answer.status for answer in answers], [200, 400, 200])
        answers = self.exchange(good + b"\x01\x02 garbage\r\n\r\n", 2)
        self.assertEqual([answer.status for answer in answers], [200, 400])

    def test_half_closed(self):
        with self.coordinator.connect() as sock:
            harness.send_request(sock, "GET", STATUS, Connection="close")
            socket.socket.shutdown(sock, socket.SHUT_WR)
            self.assertEqual(harness.read_answer(sock).status, 200)

    def test_client_leaves_in_the_middle(self):
        body = json.dumps(
            {"manifest": b64(json.dumps({"Packages": PACKAGES, "Marbles": {"w": {"Package": "pkg"}}}).encode())}
        )
        for sent in (10, 60, 100):
            with self.coordinator.connect() as sock:
                head = f"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1}\r\n\r\n"
                sock.sendall((head + body).encode()[:-sent])
                # A reset instead of a goodbye.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def test_slow_clients_do_not_block_others(self):
        # Only connected, in the middle of the handshake, of the header, of the body.
        held = []
        try:
            for i in range(200):
                raw = socket.create_connection(("127.0.0.1", self.coordinator.rest_port))
                if i % 2:
                    raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
                held.append(raw)
                held.append(socket.create_connection(("127.0.0.1", self.coordinator.mesh_port)))
            for _ in range(50):
                held.append(self.coordinator.connect())
                held[-1].sendall(b"GET /api/v2/sta")
                held.append(self.coordinator.connect())
                held[-1].sendall(b"POST /manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            begin = time.monotonic()
            self.assertEqual(self.coordinator.get(STATUS).status, 200)
            self.assertLess(time.monotonic() - begin, 10)
        finally:
            for sock in held:
                sock.close()

    def test_expect_continue(self):
        with self.coordinator.connect() as sock:
            harness.send_request(sock, "POST", "/manifest", Content_Length="2", Expect="100-continue")
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 100 "))
            sock.sendall(b"{}")
            self.assertEqual(harness.read_answer(sock).status, 400)

    def test_old_http(self):
        (answer,) = self.exchange(b"GET /status HTTP/1.0\r\n\r\n")
        self.assertEqual(answer.status, 200)

    def test_plain_http(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.coordinator.rest_port, timeout=harness.TIMEOUT)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            connection.request("GET", "/status")
            connection.getresponse()
        connection.close()

    def test_queries(self):
        for query in ("nonce=!", "nonce=YQ", "nonce=%2B%2B%2B%2B", "nonce=a%20b%3D"):
            self.assertRefused(self.coordinator.get("/api/v2/quote?" + query), 400, "request.nonce")
        for query in ("", "?", "?nonce=", "?nonce=YQ%3D%3D", "?nonce=YQ==&nonce=!", "?nonce=%zz", "?&&=&;"):
            self.assertEqual(self.coordinator.get("/api/v2/quote" + query).status, 200, query)


class WrongStateTest(Case):
    """Without a manifest."""

    def test_v2(self):
        secret = b64(bytes(16))
        for method, path, body, status, reason in (
            ("GET", "/api/v2/manifest", {}, 404, "manifest.none"),
            ("GET", "/api/v2/update", {}, 409, "state.wrong"),
            ("POST", "/api/v2/update", {}, 401, "user.unauthorized"),
            ("GET", "/api/v2/secrets?s=x", {}, 401, "user.unauthorized"),
            ("POST", "/api/v2/secrets", {}, 401, "user.unauthorized"),
            ("GET", "/api/v2/update-manifest", {}, 404, "update.none"),
            ("POST", "/api/v2/update-manifest", {}, 401, "user.unauthorized"),
            ("POST", "/api/v2/update-cancel", {}, 401, "user.unauthorized"),
            ("GET", "/api/v2/recover/public-key", {}, 409, "state.wrong"),
            ("POST", "/api/v2/recover", {"recoverySecret": secret}, 409, "state.wrong"),
            ("POST", "/api/v2/recover", {"recoverySecret": b64(bytes(99))}, 400, "request.recovery_secret"),
            ("POST", "/api/v2/sign-quote", {"sgxQuote": "AAAA"}, 403, "feature.disabled"),
            ("POST", "/api/v2/monotonic-counter", {"name": "n", "value": 1}, 403, "feature.disabled"),
        ):
            with self.subTest(method=method, path=path):
                answer = self.coordinator.request(method, path, json.dumps(body).encode())
                self.assertRefused(answer, status, reason)
                if reason == "state.wrong":
                    self.assertIn("server is not in expected state", answer.message)

    def test_v1(self):
        for method, path, status, reason in (
            ("GET", "/update", 500, "state.wrong"),
            ("POST", "/update", 401, "user.unauthorized"),
            ("GET", "/secrets?s=x", 401, "user.unauthorized"),
            ("POST", "/secrets", 401, "user.unauthorized"),
            ("GET", "/update-manifest", 404, "update.none"),
            ("POST", "/update-manifest", 401, "user.unauthorized"),
            ("POST", "/update-cancel", 401, "user.unauthorized"),
            ("POST", "/recover", 410, "recover.v1_gone"),
        ):
            with self.subTest(method=method, path=path):
                answer = self.coordinator.request(method, path, b"{}")
                self.assertRefused(answer, status, reason)
                self.assertEqual(answer.json["status"], "error")
        self.assertEqual(
            self.coordinator.get("/manifest").data,
            {"Manifest": None, "ManifestSignature": "", "ManifestSignatureRootECDSA": None},
        )


class DeploymentTest(Case):
    """With a manifest: users, secrets, updates, counters and marbles."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("alice", "bob", "stranger", "marble"):
            setattr(cls, name, harness.make_certificate(cls.folder, name))
        cls.manifest = {
            "Packages": PACKAGES,
            "Marbles": {
                "worker": {"Package": "pkg"},
                "picky": {"Package": "pkg", "AllowedNames": []},
                "limited": {"Package": "pkg", "MaxActivations": 2},
                "waiting": {"Package": "pkg", "Parameters": {"Files": {"/token": "{{ raw .Secrets.token }}"}}},
            },
            "Secrets": {
                "key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
                "token": {"Type": "plain", "UserDefined": True},
                "cert": {"Type": "cert-ecdsa", "Size": 256, "UserDefined": True},
                "made": {"Type": "symmetric-key", "Size": 128, "Shared": True},
            },
            "Users": {
                "alice": {"Certificate": cls.alice.pem, "Roles": ["write", "read", "packages", "manifest"]},
                "bob": {"Certificate": cls.bob.pem, "Roles": ["read"]},
            },
            "Roles": {
                "write": {
                    "ResourceType": "Secrets",
                    "ResourceNames": ["key", "token", "cert"],
                    "Actions": ["WriteSecret"],
                },
                "read": {
                    "ResourceType": "Secrets",
                    "ResourceNames": ["key", "token", "made"],
                    "Actions": ["ReadSecret"],
                },
                "packages": {
                    "ResourceType": "Packages",
                    "ResourceNames": ["pkg"],
                    "Actions": ["UpdateSecurityVersion"],
                },
                "manifest": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
            },
            "Config": {"FeatureGates": ["MonotonicCounter"]},
        }
        assert cls.coordinator.set_manifest(cls.manifest).status == 200
        with cls.coordinator.marble(cls.marble) as marble:
            env = marble.activate("worker").env
        chain, key = cls.folder / "marble-chain.pem", cls.folder / "marble-key.pem"
        chain.write_bytes(env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
        key.write_bytes(env["MARBLE_PREDEFINED_PRIVATE_KEY"])
        cls.activated = harness.ClientCertificate(str(key), str(chain), chain.read_text())

    @classmethod
    def state(cls):
        secrets = cls.coordinator.get("/api/v2/secrets?s=key&s=token&s=made", cls.alice)
        return [*super().state(), (secrets.status, secrets.body)]

    def test_manifest_again(self):
        self.assertRefused(self.coordinator.set_manifest(self.manifest), 409, "state.wrong")
        self.assertRefused(self.coordinator.post("/manifest", self.manifest), 400, "state.wrong")
        # The state is what counts, not whether the document is any good.
        self.assertRefused(self.coordinator.set_manifest(b"{"), 409, "state.wrong")

    def test_recovery_is_not_under_way(self):
        self.assertRefused(self.coordinator.get("/api/v2/recover/public-key"), 409, "state.wrong")
        for size, status, reason in (
            (16, 409, "state.wrong"),
            (32, 409, "state.wrong"),
            (0, 400, "request.recovery_secret"),
            (512, 400, "request.recovery_secret"),
        ):
            answer = self.coordinator.post("/api/v2/recover", {"recoverySecret": b64(bytes(size))})
            self.assertRefused(answer, status, reason)
        # Longer documents are cut after 20480 bytes.
        answer = self.coordinator.post("/api/v2/recover", {"recoverySecret": b64(bytes(20000))})
        self.assertRefused(answer, 400, "request.json")

    def test_strangers(self):
        # TLS proves that the client has the key of the first certificate. Others can be anybody's.
        appended = self.stranger.followed_by(self.alice, self.folder)
        for cert in (
            None,
            self.stranger,
            appended,
            self.activated,
            self.activated.followed_by(self.alice, self.folder),
        ):
            for method, path in (
                ("GET", "/api/v2/secrets?s=key"),
                ("POST", "/api/v2/secrets"),
                ("GET", "/secrets?s=key"),
                ("POST", "/secrets"),
                ("POST", "/update"),
                ("POST", "/api/v2/update"),
                ("POST", "/api/v2/update-manifest"),
                ("POST", "/api/v2/update-cancel"),
                ("POST", "/update-manifest"),
                ("POST", "/update-cancel"),
            ):
                answer = self.coordinator.request(method, path, b"{}", cert)
                self.assertRefused(answer, 401, "user.unauthorized")
                self.assertTrue(answer.message.startswith("unauthorized user"))
        # The other way round nothing is wrong.
        reordered = self.alice.followed_by(self.stranger, self.folder)
        self.assertEqual(self.coordinator.get("/api/v2/secrets?s=key", reordered).status, 200)

    def test_secrets_nobody_may_read(self):
        for name in ("cert", "nothing", "s" * 1000, "%00", "key&s=nothing"):
            answer = self.coordinator.get("/api/v2/secrets?s=" + name, self.bob)
            self.assertRefused(answer, 403, "user.forbidden")
        forbidden = self.coordinator.get("/api/v2/secrets?s=cert", self.bob)
        unknown = self.coordinator.get("/api/v2/secrets?s=xert", self.bob)
        self.assertEqual(forbidden.body.replace(b"cert", b"xert"), unknown.body)
        for query in ("", "?", "?s=", "?x=key", "?s=key&s="):
            self.assertRefused(self.coordinator.get("/api/v2/secrets" + query, self.bob), 400, "request.query")
            self.assertRefused(self.coordinator.get("/secrets" + query, self.bob), 400, "request.query")

    def test_uploads(self):
        good = {"Key": b64(b"k" * 16)}
        der = harness.openssl("x509", "-in", self.alice.chain_file, "-outform", "DER")
        other = harness.openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.bob.key_file, "-outform", "DER")
        for secrets, status, reason in (
            ({}, 400, "secret.none"),
            (None, 400, "secret.none"),
            ([], 400, "request.json"),
            ("key", 400, "request.json"),
            ({"key": 7}, 400, "request.json"),
            ({"key": None}, 400, "secret.size"),
            ({"key": {"Key": b64(b"k" * 15)}}, 400, "secret.size"),
            ({"key": {"Key": "?"}}, 400, "bytes.base64"),
            ({"key": {"Key": {}}}, 400, "request.json"),
            ({"key": {"Private": b64(b"k")}}, 400, "secret.wrong_fields"),
            ({"cert": good}, 400, "secret.wrong_fields"),
            ({"cert": {}}, 400, "secret.no_certificate"),
            ({"cert": {"Cert": "no base64"}}, 400, "secret.no_certificate"),
            ({"cert": {"Cert": b64(b"no certificate")}}, 400, "request.json"),
            ({"cert": {"Cert": b64(der), "Private": b64(other)}}, 400, "secret.wrong_key"),
            ({"made": good}, 400, "secret.not_writeable"),
            ({"nothing": good}, 400, "secret.unknown"),
            ({"key": good, "token": good, "nothing": good}, 400, "secret.unknown"),
        ):
            with self.subTest(secrets=secrets):
                answer = self.coordinator.post("/api/v2/secrets", {"secrets": secrets}, self.alice)
                self.assertRefused(answer, status, reason)
        self.assertRefused(
            self.coordinator.post("/api/v2/secrets", {"secrets": {"key": good}}, self.bob), 403, "user.forbidden"
        )
        self.assertRefused(self.coordinator.post("/secrets", {"key": good}, self.bob), 400, "user.forbidden")

    def test_package_updates(self):
        def update(packages, cert=self.alice):
            raw = json.dumps({"Packages": packages}).encode()
            return self.coordinator.post("/api/v2/update", {"manifest": b64(raw)}, cert)

        self.assertRefused(update({"pkg": {"SecurityVersion": 1}}), 400, "manifest.update.downgrade")
        self.assertRefused(update({"other": {"SecurityVersion": 9}}), 403, "user.forbidden")
        self.assertRefused(update({"pkg": {"SecurityVersion": 9, "Debug": True}}), 400, "manifest.update.unupdatable")
        self.assertRefused(update({"pkg": {}}), 400, "manifest.update.no_version")
        self.assertRefused(update({"pkg": {"SecurityVersion": 9}}, self.bob), 403, "user.forbidden")
        self.assertRefused(self.coordinator.post("/api/v2/update", b"{", self.alice), 400, "request.json")
        for raw in (b"", b"{", b"{} {}", b"\x00"):
            answer = self.coordinator.post("/api/v2/update", {"manifest": b64(raw)}, self.alice)
            self.assertEqual(answer.status, 400, answer)
            self.assertRegex(answer.reason or "", r"^manifest\.json\.")

    def test_full_updates(self):
        def update(change, cert=self.alice):
            document = json.loads(json.dumps(self.manifest))
            change(document)
            return self.coordinator.post("/api/v2/update", {"manifest": b64(json.dumps(document).encode())}, cert)

        def role(names, kind="Secrets", action="ReadSecret"):
            return lambda m: m["Roles"].update(x={"ResourceType": kind, "ResourceNames": names, "Actions": [action]})

        for change, reason in (
            (role(["nothing"]), "manifest.role.resource"),
            (role(["nothing"], "Packages", "UpdateSecurityVersion"), "manifest.role.resource"),
            (role(["made"], action="WriteSecret"), "manifest.role.write"),
            (role(["key"], action="UpdateManifest"), "manifest.role.action"),
            (lambda m: m["Users"]["bob"]["Roles"].append("nothing"), "manifest.user.role"),
            (lambda m: m["Users"]["bob"].update(Certificate=self.alice.pem), "manifest.user.same_certificate"),
            (lambda m: m["Marbles"]["worker"].update(Parameters={"Env": {"X": "{{ hex .Secrets.no }}"}}), "template.exec"),
        ):
            with self.subTest(reason=reason):
                answer = update(change)
                self.assertEqual(answer.status, 400, answer)
                self.assertEqual(answer.reason, reason)
        self.assertRefused(update(role(["nothing"]), self.bob), 403, "user.forbidden")

    def test_slow_and_large_bodies(self):
        size = 10 << 20
        for path, cert, status, reason in (
            ("/api/v2/secrets", self.alice, 413, "request.size"),
            ("/api/v2/monotonic-counter", self.activated, 413, "request.size"),
            ("/api/v2/update", self.bob, 403, "user.forbidden"),
            ("/api/v2/update-manifest", self.alice, 404, "update.none"),
            ("/api/v2/update", None, 401, "user.unauthorized"),
        ):
            with self.coordinator.connect(cert) as sock:
                harness.send_request(sock, "POST", path, Content_Length=str(size))
                self.assertRefused(harness.read_answer(sock), status, reason)
        # Alice may update: hers is read whole, slowly at first, and then found to be nothing.
        with self.coordinator.connect(self.alice) as sock:
            harness.send_request(sock, "POST", "/update", Content_Length=str(size))
            for _ in range(5):
                sock.sendall(b" ")
                time.sleep(0.05)
            self.assertEqual(self.coordinator.get(STATUS).status, 200)
            sock.sendall(b" " * (size - 5))
            self.assertRefused(harness.read_answer(sock), 400, "manifest.json.syntax")

    def test_updates_that_are_not_pending(self):
        for path in ("/api/v2/update-manifest", "/api/v2/update-cancel"):
            self.assertRefused(self.coordinator.post(path, {"manifest": ""}, self.alice), 404, "update.none")
            self.assertRefused(
                self.coordinator.post(path.removeprefix("/api/v2"), b"{}", self.alice), 404, "update.none"
            )
        self.assertRefused(self.coordinator.post("/api/v2/update-cancel", b"", self.bob), 403, "user.forbidden")

    def test_counters(self):
        counter = "/api/v2/monotonic-counter"
        appended = self.stranger.followed_by(self.activated, self.folder)
        for cert in (None, self.alice, self.marble, appended):
            self.assertRefused(
                self.coordinator.post(counter, {"name": "n", "value": 1}, cert), 401, "marble.unauthorized"
            )
        for value in (-1, 1.5, "1", 2**64, [], {}, True, 1e3):
            answer = self.coordinator.post(counter, {"name": "n", "value": value}, self.activated)
            self.assertRefused(answer, 400, "request.json")
        self.assertRefused(self.coordinator.post(counter, {"name": 7, "value": 1}, self.activated), 400, "request.json")
        self.assertRefused(self.coordinator.post(counter, b"", self.activated), 400, "request.json")
        self.assertEqual(self.coordinator.post(counter, {"name": "n", "value": 0}, self.activated).data, {"value": 0})

    # Marbles

    def refused(self, code, call, *args, **named):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*args, **named)
        self.assertEqual(caught.exception.code(), code, caught.exception)
        self.assertTrue(caught.exception.details())

    def test_activations(self):
        with self.coordinator.marble(self.marble) as marble:
            denied, invalid, internal = (
                grpc.StatusCode.PERMISSION_DENIED,
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.INTERNAL,
            )
            for name in ("", "Worker", "nothing", "w" * 100_000, "worker\0"):
                self.refused(denied, marble.activate, name)
            for text in ("0", "x" * 36, "00000000-0000-0000-0000-000000000000", "{" * 38, "7" * 1000, "\U0001f600" * 9):
                self.refused(invalid, marble.activate, "worker", text)
            bad_signature = marble.csr[:-1] + bytes([marble.csr[-1] ^ 1])
            for csr in (
                b"",
                b"\x30\x82",
                bad_signature,
                marble.csr + b"x",
                bytes(1 << 20),
                b"\x30\x84\xff\xff\xff\xff",
            ):
                self.refused(internal, marble.activate, "worker", csr=csr)
            self.refused(denied, marble.activate, "picky")  # its CSR names localhost
            self.refused(internal, marble.activate, "waiting")  # nobody has uploaded the token
            for quote in (b"x", bytes(5000), b"\1\0\0\0\2\0\0\0" + bytes(500), b"\3\0\2\0" + bytes(500)):
                self.refused(denied, marble.activate, "worker", quote=quote)
            for message in (b"\xff", b"\x0a\x05ab", b"\x0b", b"\x1a\x02\xff\xfe", bytes(100)):
                self.refused(internal, marble.call, message)
            # Refusals did not count.
            for _ in range(5):
                self.refused(invalid, marble.activate, "limited", "bad")

    def test_no_client_certificate(self):
        # In TLS 1.3 the client learns of it only when it reads.
        with self.assertRaises((ssl.SSLError, ConnectionError)), self.coordinator.connect(
            port=self.coordinator.mesh_port
        ) as sock:
            self.assertNotEqual(sock.recv(1), b"")

    def test_no_http2(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.marble.chain_file, self.marble.key_file)
        context.set_alpn_protocols(["h2"])
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        settings = b"\0\0\0\4\0\0\0\0\0"
        headers_flood = (
            preface + settings + b"".join(b"\0\0\1\1\4" + struct.pack(">I", 2 * i + 1) + b"\x80" for i in range(500))
        )
        for data in (
            b"GET / HTTP/1.1\r\n\r\n",
            preface + b"garbage" * 100,
            preface + b"\xff\xff\xff\0\0\0\0\0\1",
            preface + settings + b"\0\0\4\x08\0\0\0\0\0\0\0\0\0",
            headers_flood,
        ):
            with socket.create_connection(("127.0.0.1", self.coordinator.mesh_port), harness.TIMEOUT) as raw:
                with context.wrap_socket(raw) as sock:
                    try:
                        sock.sendall(data)
                        while sock.recv(1 << 16):
                            pass
                    except (ssl.SSLError, ConnectionError):
                        pass
        with self.coordinator.marble(self.marble) as marble:
            marble.activate("worker")


if __name__ == "__main__":
    unittest.main(verbosity=2)
