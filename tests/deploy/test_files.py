"""What `deploy/` says, read as those that run it read it: nobody is root, nothing is written to, no secret is in it."""

from __future__ import annotations

import re
import subprocess

import pytest
from containerfile import DEPLOY, REPOSITORY, command, copied, environment, instructions, last

yaml = pytest.importorskip("yaml")

IMAGES = {"service": DEPLOY / "Containerfile", "lambda": DEPLOY / "lambda" / "Containerfile"}
USER = "10001:10001"


@pytest.fixture(params=IMAGES.values(), ids=IMAGES)
def image(request):
    return request.param


def test_an_image_runs_as_nobody_in_particular(image):
    final = instructions(image)[-1]
    assert last(final, "USER") == USER
    assert [name for name, _ in final].index("USER") > max(
        i for i, (name, _) in enumerate(final) if name in ("RUN", "COPY")
    )
    assert command(final)


def test_an_image_is_built_from_what_is_there_and_let_in(image):
    ignored = (image.parent / f"{image.name}.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    sources = {source.rstrip("/") for stage in instructions(image) for source in copied(stage)}
    assert sources == let_in
    assert [name for name in sources - {"model.zip"} if not (REPOSITORY / name).exists()] == []


def test_nothing_names_a_key_or_a_registry():
    for path in [path for path in DEPLOY.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]:
        text = path.read_text("utf-8")
        assert not re.search(r"qcs_[0-9a-f]{12}_|BEGIN [A-Z ]*PRIVATE KEY|kind: Secret", text), path
        assert not re.search(
            r"\b[\w-]+(\.[\w-]+)+/[\w-]+[:@]|index-url",
            text.replace("app.kubernetes.io/", "").replace("networking.k8s.io/", ""),
        ), path


def test_the_health_check_is_a_line_that_runs(image):
    if image.parent != DEPLOY:
        return
    (check,) = [rest for name, rest in instructions(image)[-1] if name == "HEALTHCHECK"]
    code = re.search(r'"-c", "(.*)"\]$', check)[1].replace('\\"', '"')
    compile(code, "health", "exec")
    assert "/v2/health/ready" in code


def test_the_script_is_one_for_any_shell():
    script = DEPLOY / "start.sh"
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


def test_compose_gives_it_no_more_than_it_needs():
    (service,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values()
    assert service["user"] == USER
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "environment" not in service
    writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert writable == ["state:/state"]
    (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve(strict=True)


def kubernetes():
    documents = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
    return {document["kind"]: document for document in documents}


def test_kubernetes_gives_it_no_more_than_it_needs():
    pod = kubernetes()["Deployment"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    whole = pod["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert f"{whole['runAsUser']}:{whole['runAsGroup']}" == USER
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    own = container["securityContext"]
    assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False)
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert "env" not in container
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod["volumes"]}
    assert {name for name, mount in mounts.items() if not mount.get("readOnly")} == {"tmp", "state"}
    assert kubernetes()["NetworkPolicy"]["spec"]["egress"] == []


def test_kubernetes_asks_the_routes_that_there_are_and_waits_for_answers_to_end():
    found = kubernetes()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    image = instructions(DEPLOY / "Containerfile")[-1]
    assert [port["containerPort"] for port in container["ports"]] == [int(last(image, "EXPOSE"))]
    assert last(image, "EXPOSE") == environment(image)["PORT"]
    paths = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert paths == {
        "startupProbe": "/v2/health/ready",
        "readinessProbe": "/v2/health/ready",
        "livenessProbe": "/v2/health/live",
    }
    drain = float(container["args"][container["args"].index("--drain-seconds") + 1])
    assert drain > container["readinessProbe"]["periodSeconds"]
    assert pod["terminationGracePeriodSeconds"] > drain + 30  # what the service itself takes at most
    assert found["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert (
        found["Service"]["spec"]["selector"]
        == labels
        == found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    )
    claims = [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["volumes"]
        if "persistentVolumeClaim" in volume
    ]
    assert claims == [found["PersistentVolumeClaim"]["metadata"]["name"]]
