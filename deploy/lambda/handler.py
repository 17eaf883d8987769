"""The service as a function of AWS Lambda, behind an HTTP API of API Gateway (payload 2.0) or a function URL.

Its environment says who may ask: QCSEARCH_OIDC_ISSUER and QCSEARCH_OIDC_AUDIENCE, whose tokens do; or
QCSEARCH_KEYS and QCSEARCH_KEYS_PEPPER, the two files of `qcsearch keys` in base64. QCSEARCH_BUNDLE is the model,
model.zip beside this file if it is not said. What needs a folder that outlives one instance (quotas a day, audit
log, seals, jobs) is not here.
"""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path

WORK = Path(os.environ.get("TMPDIR", "/tmp")) / "qcsearch"
KERNELS = Path(os.environ.get("QCSEARCH_ROOT", "/opt/qcsearch")) / "kernels"

shutil.rmtree(WORK, ignore_errors=True)
WORK.mkdir(mode=0o700)
os.environ["NUMBA_CACHE_DIR"] = str(KERNELS)

from mangum import Mangum  # noqa: E402  which may import Numba only now

from qcsearch.serving.access.oidc.settings import OidcSettings  # noqa: E402
from qcsearch.serving.opening import open_service  # noqa: E402
from qcsearch.serving.settings import ServingSettings  # noqa: E402

TEXT = ["text/", "application/json", "application/problem+json"]


def settings() -> ServingSettings:
    """Who may ask; a function can be reached from anywhere, so that without anybody it does not start."""
    found = os.environ
    if "QCSEARCH_OIDC_ISSUER" in found:
        oidc = OidcSettings(found["QCSEARCH_OIDC_ISSUER"], found.get("QCSEARCH_OIDC_AUDIENCE", ""))
        return ServingSettings(host="0.0.0.0", oidc=oidc)
    if "QCSEARCH_KEYS" not in found:
        return ServingSettings(host="0.0.0.0")
    keys = WORK / "keys.json"
    for path, name in ((keys, "QCSEARCH_KEYS"), (WORK / "keys.json.pepper", "QCSEARCH_KEYS_PEPPER")):
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(found[name], validate=True))
    return ServingSettings(host="0.0.0.0", keys=keys)


bundle = os.environ.get("QCSEARCH_BUNDLE", str(Path(__file__).with_name("model.zip")))
opened = open_service([bundle], settings())
handler = Mangum(opened.__enter__().app, lifespan="off", text_mime_types=TEXT)
