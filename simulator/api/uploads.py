"""Bodies of the type multipart/form-data, in which files are sent: /api/files/create."""

from email.parser import BytesParser
from email.policy import HTTP

from simulator.api.forms import place
from simulator.errors import bad_request
from simulator.state.store import Json

MULTIPART = "multipart/form-data"
LARGEST = 16 << 20


class Upload(str):
    """A parameter that is a file: to whoever looks on it is the file's name."""

    content: bytes = b""


def decode(body: bytes, content_type: str) -> Json:
    """The fields as `forms.decode` gives them, with an Upload for each file."""
    whole = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1") + body
    message = BytesParser(policy=HTTP.clone(max_line_length=None)).parsebytes(whole)
    if not message.is_multipart():
        raise bad_request("Invalid multipart/form-data: the body has no parts.")
    tree: Json = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if not isinstance(name, str):
            raise bad_request("Invalid multipart/form-data: a part has no name.")
        if (filename := part.get_filename()) is None:
            place(tree, name, content.decode("utf-8", "replace"))
            continue
        upload = Upload(filename)
        upload.content = content
        place(tree, name, upload)
    return tree
