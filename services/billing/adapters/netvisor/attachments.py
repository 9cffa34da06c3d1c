"""Files of a document as Netvisor takes them: PDF, in base64 (sheet §10.2).

The attribute of the data says `pdf` or `finvoice` and nothing else, so pictures are put on a page of their own.
"""

import base64

from lxml import etree

from services.billing.adapters.netvisor.picture import NotAPicture, page_of
from services.billing.adapters.netvisor.xml import always
from services.billing.domain.document import Attachment

PDF = "application/pdf"
_LONGEST_NAME = 100


def attachments_element(parent: etree._Element, attachments: tuple[Attachment, ...], *, printed: bool) -> None:
    """Append `salesinvoiceattachments`, nothing if there are none: empty containers are refused.

    printed  they go to the buyer with the invoice. Raises NotAPicture, see `unusable`.
    """
    if not attachments:
        return
    holder = etree.SubElement(parent, "salesinvoiceattachments")
    for attachment in attachments:
        element = etree.SubElement(holder, "salesinvoiceattachment")
        always(element, "mimetype", PDF)
        always(element, "attachmentdescription", attachment.name[:_LONGEST_NAME])
        always(element, "filename", _file_name(attachment))
        always(element, "documentdata", base64.b64encode(_pdf(attachment)).decode(), type="pdf")
        always(element, "printbydefault", "1" if printed else "0")


def unusable(attachment: Attachment) -> bool:
    """Say whether a file can not be made the PDF that Netvisor takes."""
    try:
        _pdf(attachment)
    except NotAPicture:
        return True
    return False


def _pdf(attachment: Attachment) -> bytes:
    return attachment.content if attachment.media_type == PDF else page_of(attachment.content)


def _file_name(attachment: Attachment) -> str:
    name = attachment.name if attachment.media_type == PDF else f"{attachment.name.rpartition('.')[0]}.pdf"
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 4]}.pdf"
