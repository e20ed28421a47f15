"""Files: pictures for readers, signatures from them, evidence.

https://docs.stripe.com/api/files, /file-upload
"""

from base64 import b64decode, b64encode
from mimetypes import guess_type
from pathlib import PurePath

from simulator.api.lists import equal_to, page
from simulator.api.objects import empty_list
from simulator.api.routes import LIST, Call, Contents, operation
from simulator.api.uploads import Upload
from simulator.errors import bad_request, missing_object, not_simulated
from simulator.state.store import Json, Record
from simulator.state.world import World

# What a file is, by its first bytes; else its name tells.
_MAGIC = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"%PDF": "pdf"}
# https://docs.stripe.com/file-upload#supported-formats, in bytes
_LARGEST = {
    "business_icon": 512 << 10,
    "business_logo": 512 << 10,
    "dispute_evidence": 5 << 20,
    "terminal_reader_splashscreen": 4 << 20,
}
_PICTURES = {
    "business_icon": ("jpg", "png"),
    "business_logo": ("jpg", "png"),
    "dispute_evidence": ("pdf", "jpg", "png"),
    "terminal_reader_splashscreen": ("jpg", "png", "gif"),
}


def new(
    world: World,
    account: str,
    purpose: str,
    filename: str,
    content: bytes,
    expires_at: int | None = None,
) -> Record:
    """Keep the content; `expires_at` in seconds since the epoch."""
    id = world.ids.new("file_")
    file: Json = {
        "id": id,
        "object": "file",
        "created": world.clock.now(),
        "expires_at": expires_at,
        "filename": filename,
        "links": empty_list(f"/v1/file_links?file={id}"),
        "purpose": purpose,
        "size": len(content),
        "title": None,
        "type": _type_of(filename, content),
        "url": f"https://files.stripe.com/v1/files/{id}/contents",
    }
    return world.new("files", account, file, {"content": b64encode(content).decode()})


def _type_of(filename: str, content: bytes) -> str:
    for magic, type in _MAGIC.items():
        if content.startswith(magic):
            return type
    return PurePath(filename).suffix.lstrip(".").lower() or "bin"


def content_of(file: Record) -> bytes:
    return b64decode(file.hidden["content"])


def create(call: Call) -> Record:
    """https://docs.stripe.com/api/files/create: a body of the type multipart/form-data."""
    params = call.params
    if (params.get("file_link_data") or {}).get("create"):
        raise not_simulated("file links")
    upload, purpose = params["file"], params["purpose"]
    if not isinstance(upload, Upload):
        message = "Invalid file: send the request as multipart/form-data with a file in it."
        raise bad_request(message, None, "file")
    if not upload.content:
        raise bad_request("The uploaded file is empty.", "parameter_invalid_empty", "file")
    if len(upload.content) > _LARGEST.get(purpose, len(upload.content)):
        most = _LARGEST[purpose] >> 10
        raise bad_request(f"Files for {purpose} can have at most {most} KB.", None, "file")
    type = _type_of(upload, upload.content)
    if type not in _PICTURES.get(purpose, (type,)):
        kinds = ", ".join(_PICTURES[purpose])
        message = f"Files for {purpose} must be of one of these types: {kinds}."
        raise bad_request(message, "invalid_file_type", "file")
    return new(call.world, call.account, purpose, PurePath(upload).name, upload.content)


def retrieve(call: Call) -> Record:
    return call.find("files", "file upload", "file")


def list_(call: Call) -> Json:
    return page(call, "files", equal_to(call.params, "purpose"))


def contents(call: Call) -> Contents:
    """What Stripe serves from files.stripe.com; once expired it is gone."""
    file = retrieve(call)
    expires_at = file.data["expires_at"]
    if expires_at is not None and expires_at <= call.world.clock.now():
        raise missing_object("file upload", file.id, "file", in_path=True)
    kind, _ = guess_type(f"file.{file.data['type']}")
    return Contents(content_of(file), kind or "application/octet-stream")


_PATH = "/v1/files"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "files.create",
        create,
        "FileCreateParams",
        "file",
        "file purpose file_link_data[create]",
    ),
    operation(
        "GET", _PATH, "files.list", list_, "FileListParams", "file", f"{LIST} created purpose"
    ),
    operation("GET", f"{_PATH}/{{id}}", "files.retrieve", retrieve, "FileRetrieveParams", "file"),
    operation(
        "GET",
        f"{_PATH}/{{id}}/contents",
        "files.contents",
        contents,
        "FileRetrieveParams",
        "file",
    ),
]
