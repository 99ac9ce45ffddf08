"""An update that several users must agree to, and a Coordinator that is killed after and during every step of it."""

import json
import subprocess
import time
import unittest

import harness
import support
from support import Cli, Coordinator, make_user

USERS = ["alice", "bob", "carol"]
WORDS = {"alice": "apply", "bob": "acknowledge", "carol": "acknowledge"}


class UpdateCrashTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())
        self.coordinator = Coordinator(self.folder).start()
        self.addCleanup(self.coordinator.stop)
        self.address = self.coordinator.address
        self.cli = Cli(self.folder)
        manifest = {
            "Packages": {"pkg": {"UniqueID": "ab" * 32}},
            "Marbles": {"first": {"Package": "pkg"}},
            "Users": {name: {"Certificate": make_user(self.folder, name), "Roles": ["update"]} for name in USERS},
            "Roles": {"update": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}},
        }
        self.old = json.dumps(manifest)
        manifest["Marbles"]["second"] = {"Package": "pkg"}
        self.new = json.dumps(manifest)
        (self.folder / "old.json").write_text(self.old)
        (self.folder / "new.json").write_text(self.new)
        self.ok("manifest", "set", "old.json", self.address, "-i")

    def ok(self, *arguments):
        answer = self.cli(*arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer.out

    def step(self, name):
        """The command by which a user agrees."""
        return ("manifest", "update", WORDS[name], "new.json", self.address, "-c", f"{name}.crt", "-k", f"{name}.key")

    def kill_and_start(self):
        self.coordinator.process.kill()
        self.coordinator.process.wait(30)
        self.coordinator.start()

    def in_force(self):
        out = self.folder / "in-force.json"
        self.ok("manifest", "get", self.address, "-i", "-o", out)
        return out.read_text()

    def missing(self):
        """Who must still agree; None if no update is pending."""
        answer = self.cli("manifest", "update", "get", self.address, "--missing")
        if answer.code != 0:
            self.assertIn("no update in progress", answer.err)
            return None
        self.assertEqual(self.ok("manifest", "update", "get", self.address), self.new)
        self.assertEqual(self.in_force(), self.old)
        return answer.out[answer.out.index("[") + 1:answer.out.index("]")].split()

    def test_after_every_step(self):
        for i, name in enumerate(USERS[:-1]):
            self.ok(*self.step(name))
            self.kill_and_start()
            self.assertEqual(self.missing(), USERS[i + 1:])
            self.kill_and_start()  # a start by itself changes nothing
            self.assertEqual(self.missing(), USERS[i + 1:])
        self.assertIn("Update successfully applied", self.ok(*self.step(USERS[-1])))
        self.kill_and_start()
        self.assertIsNone(self.missing())
        self.assertEqual(self.in_force(), self.new)
        self.assertIn("3:", self.ok("status", self.address))

    def test_a_cancelled_update_stays_cancelled(self):
        self.ok(*self.step("alice"))
        self.ok(*self.step("bob"))
        self.kill_and_start()
        self.ok("manifest", "update", "cancel", self.address, "-c", "carol.crt", "-k", "carol.key")
        self.kill_and_start()
        self.assertIsNone(self.missing())
        self.assertEqual(self.in_force(), self.old)
        # Whoever had agreed to it has not agreed to the next one.
        self.ok(*self.step("alice"))
        self.assertEqual(self.missing(), ["bob", "carol"])

    def test_in_the_middle_of_a_step(self):
        """A step that nobody was told the end of has happened or not, as a whole; its repetition makes up for it."""
        for i, name in enumerate(USERS):
            before, after = (USERS[i:] if i else None), USERS[i + 1:] or None
            for delay in (0, 0.005, 0.01, 0.02, 0.04, 0.08):
                running = subprocess.Popen([support.STEELIE, *self.step(name)], cwd=self.folder,
                                           env={"XDG_CONFIG_HOME": str(self.folder / "config")},
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(delay)
                self.kill_and_start()
                told = running.wait(60) == 0
                missing = self.missing()
                self.assertIn(missing, ([after] if told else [before, after]), (name, delay))
                if missing == after:
                    break
            else:
                self.ok(*self.step(name))
                self.assertEqual(self.missing(), after)
        self.assertEqual(self.in_force(), self.new)


if __name__ == "__main__":
    unittest.main(verbosity=2)
