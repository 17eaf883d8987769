"""`qcsearch verify`: is every byte of a bundle as it was written?"""

from __future__ import annotations

from typing import Annotated

import typer

from qcsearch.cli.options.common import Bundle, Json, Verbose, examples
from qcsearch.cli.output import emit, say, tell


@examples(
    "qcsearch verify bundle",
    "qcsearch verify model.zip --digest 3f6c…",
)
def verify(
    bundle: Bundle,
    digest: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The digest it must have, learnt from somebody you trust."),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check every byte of a bundle against its manifest, before anything in it is parsed.

    Without a digest a change is found, but not a forgery: whoever writes a whole new bundle writes a new
    digest too. Who wrote it, how well its model predicts and whether its card, its circuit files and its
    metrics tell the truth is not promised. A model from it is rebuilt by checked numbers alone: what asks
    for too much memory or time is refused by whatever loads it, not here.
    """
    from qcsearch.bundle.verify import read_verified

    found = read_verified(bundle, digest)
    manifest, seal = found.manifest, found.seal
    n_bytes = sum(entry.size for entry in manifest.files.values())
    if json:
        facts = {"digest": manifest.digest, "files": sorted(manifest.files), "bytes": n_bytes}
        emit({"bundle": bundle, **facts, "seal": None if seal is None else seal.model_dump(mode="json")})
        return
    tell(f"{bundle}: {len(manifest.files)} files, {n_bytes} bytes, all as they were written.")
    tell(f"digest {manifest.digest}")
    if seal is not None:
        say(f"Note: It is sealed by {seal.key}; whether that is whom you trust: qcsearch bundle check-seal.")
    elif digest is None:
        say("Note: No digest was given: this shows that nothing was changed since, not who wrote it.")
