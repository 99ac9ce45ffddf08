"""The description of the client API is valid OpenAPI, and is what a Coordinator serves."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402

DESCRIPTION = ROOT / "src" / "api" / "rest" / "openapi.json"


def setUpModule():
    sys.path.append(subprocess.run([ROOT / "tools" / "setup-python"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


class Description(unittest.TestCase):
    def test_valid(self):
        from openapi_spec_validator import OpenAPIV31SpecValidator

        errors = list(OpenAPIV31SpecValidator(json.loads(DESCRIPTION.read_text())).iter_errors())
        self.assertEqual(errors, [])

    def test_every_part_is_used(self):
        text = DESCRIPTION.read_text()
        for kind, parts in json.loads(text)["components"].items():
            for name in parts if kind != "securitySchemes" else []:
                self.assertIn(f'"#/components/{kind}/{name}"', text)

    def test_served(self):
        with harness.temporary_folder() as folder, harness.Coordinator(folder / "seal") as coordinator:
            answer = coordinator.get("/api/v2/openapi.json")
            self.assertEqual((answer.status, answer.header("Content-Type")), (200, "application/json"))
            self.assertEqual(answer.body, DESCRIPTION.read_bytes())
            self.assertEqual(coordinator.post("/api/v2/openapi.json", {}).header("Allow"), "GET")


if __name__ == "__main__":
    unittest.main(verbosity=2)
