"""An embedded BigQuery: the `local-bigquery` server (DuckDB) as a process of its own, data in a folder.

DuckDB looks for its extensions below `$HOME/.duckdb`; the server gets a home that holds those of the installed wheels,
so that nothing is downloaded and the user's home stays untouched.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import child_process

_EXTENSIONS = ("icu", "ducklake", "spatial")
_START_SECONDS = 90


class LocalBigQuery:
    """A running server. `host` is what `BIGQUERY_EMULATOR_HOST` wants, `storage_host` the Storage API's `host:port`."""

    def __init__(self, data: Path, project: str, cache: Path, *, rest_port: int = 0) -> None:
        """Starts the server and waits until it answers; `RuntimeError` with its reason where it cannot."""
        data.mkdir(parents=True, exist_ok=True)
        self._rest, self._grpc = rest_port or free_port(), free_port()
        self.project = project
        self.host = f"http://{LOOPBACK}:{self._rest}"
        self.storage_host = f"{LOOPBACK}:{self._grpc}"
        self._log_file = data / "server.log"
        self._log = self._log_file.open("ab")
        self._process = child_process(
            self._command(data),
            env={"PATH": os.environ["PATH"], "HOME": str(_extension_home(cache))},
            stdout=self._log,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _command(self, data: Path) -> list[str]:
        program = str(Path(sys.executable).parent / "local-bigquery")
        address = ["--host", LOOPBACK, "--port", str(self._rest), "--grpc-port", str(self._grpc)]
        return [program, *address, "--data-dir", str(data), "--project", self.project]

    def _wait_until_ready(self) -> None:
        url = f"{self.host}/bigquery/v2/projects/{self.project}/datasets"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                opener.open(url, timeout=30).close()
            except urllib.error.HTTPError as error:  # a missing extension or a folder in use: it never recovers
                reason = error.read().decode()[:500]
                raise RuntimeError(f"the embedded BigQuery cannot open its data: {reason}") from None
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the embedded BigQuery did not start, see {self._log_file}") from None
                time.sleep(0.05)
            else:
                return

    def free_abandoned_jobs(self) -> None:
        """Deletes jobs that ran when the server was killed; it would call them running for ever."""
        client = bigquery.Client(self.project, AnonymousCredentials(), client_options={"api_endpoint": self.host})
        for job in client.list_jobs(state_filter="running"):
            client.delete_job_metadata(job.job_id, location=job.location)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _extension_home(cache: Path) -> Path:
    """A home folder with DuckDB's extensions from the installed wheels; made once, by whoever comes first."""
    home = cache / f"duckdb-{importlib.metadata.version('duckdb')}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=cache)
        code = f"import duckdb_extensions as d\nfor name in {_EXTENSIONS!r}: d.import_extension(name)"
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "HOME": fresh}, check=True)
        try:
            os.rename(fresh, home)
        except OSError:
            shutil.rmtree(fresh)
    return home
