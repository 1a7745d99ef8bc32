"""What the content processes are told by their environment."""

from pathlib import Path

from pydantic import FilePath

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and those of this one."""

    inference_address: str = "127.0.0.1:50055"
    """host:port of the inference service, which judges topics and writes scripts."""

    media_dir: Path = Path("media")
    """Folder the worker publishes finished videos in; the gateway serves it below /media/. Work in progress lies beside it."""

    voice_file: FilePath | None = None
    """Piper voice that narrates lessons, NAME.onnx with NAME.onnx.json beside it; needs the package piper-tts. Else espeak-ng."""

    media_url: str = ""
    """Bucket for finished videos instead of the folder: s3://bucket/prefix, at any S3-compatible store. Clients get signed URLs.
    Keys, region and endpoint come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL."""

    media_public_endpoint: str = ""
    """https:// address by which browsers reach the bucket's store, where it is not AWS_ENDPOINT_URL."""
