#!/usr/bin/env python3
"""Makes the files beside this one: flat OpenDocument texts, which LibreOffice turns into the rest.

Usage: make.py [NAME …]     needs soffice; what it makes is committed, so that no test needs it
"""
import base64
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
SPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        **{
            p: f"urn:oasis:names:tc:opendocument:xmlns:{p2}:1.0"
            for p, p2 in {
                "office": "office", "style": "style", "text": "text", "table": "table",
                "draw": "drawing", "fo": "xsl-fo-compatible", "svg": "svg-compatible",
            }.items()
        },
        "dc": "http://purl.org/dc/elements/1.1/",
    }.items()
)
# TCVN3 from U+00A1 on, as a font named .VnTime shows it.
TCVN3 = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíị"
    "òỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)


def typed(text):
    return "".join(chr(0xA1 + TCVN3.index(c)) if c in TCVN3 else c for c in text)


def paragraph(text, style="B"):
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def table(*cells):
    row = "".join(
        f"<table:table-cell>{''.join(map(paragraph, cell))}</table:table-cell>" for cell in cells
    )
    column = '<table:table-column table:number-columns-repeated="2"/>'
    return f"<table:table>{column}<table:table-row>{row}</table:table-row></table:table>"


def page(name, text):
    return f'<style:{name}>{paragraph(text, "Standard")}</style:{name}>' if text else ""


def box(text):
    return (
        '<draw:frame draw:style-name="fr" text:anchor-type="paragraph" svg:x="1cm" svg:y="0cm" '
        f'svg:width="4cm"><draw:text-box fo:min-height="0.8cm">{paragraph(text)}</draw:text-box>'
        "</draw:frame>"
    )


def picture():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 20, 8, 0, 0, 0, 0))
    png += chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * 40) * 20)) + chunk(b"IEND", b"")
    data = base64.b64encode(png).decode()
    return (
        '<draw:frame text:anchor-type="as-char" svg:width="2cm" svg:height="1cm"><draw:image>'
        f"<office:binary-data>{data}</office:binary-data></draw:image></draw:frame>"
    )


def flat(left, right, kind, title, body, foot, font="Times New Roman", header="", footer="",
         capitals=False, deleted="", note="", drawn="", more=""):
    tracked = change = ""
    if deleted:
        tracked = (
            '<text:tracked-changes><text:changed-region xml:id="c1" text:id="c1"><text:deletion>'
            "<office:change-info><dc:creator>A</dc:creator><dc:date>2024-01-01T00:00:00</dc:date>"
            f"</office:change-info>{paragraph(deleted)}</text:deletion></text:changed-region>"
            "</text:tracked-changes>"
        )
        change = '<text:change text:change-id="c1"/>'
    if note:
        note = (
            '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
            f"<text:note-body>{paragraph(note)}</text:note-body></text:note>"
        )
    body = [body[0] + change + note + more, *body[1:]]
    area = '<style:header-footer-properties fo:min-height="0.5cm"/>'
    areas = f"<style:header-style>{area}</style:header-style>" if header else ""
    areas += f"<style:footer-style>{area}</style:footer-style>" if footer else ""
    title_look = '<style:text-properties fo:text-transform="uppercase"/>' if capitals else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {SPACES} office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:font-face-decls>
<style:font-face style:name="Times New Roman" svg:font-family="'Times New Roman'"/>
<style:font-face style:name="F1" svg:font-family="'{font}'"/>
</office:font-face-decls>
<office:styles>
<style:default-style style:family="paragraph"><style:text-properties
 style:font-name="Times New Roman" fo:font-size="14pt"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/>
<style:style style:name="V" style:family="paragraph" style:parent-style-name="Standard">
<style:text-properties style:font-name="F1"/></style:style>
</office:styles>
<office:automatic-styles>
<style:style style:name="B" style:family="paragraph" style:parent-style-name="V"/>
<style:style style:name="T" style:family="paragraph" style:parent-style-name="V">{title_look}
</style:style>
<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/>
</style:style>
<style:style style:name="fr" style:family="graphic"><style:graphic-properties
 style:wrap="parallel"/></style:style>
<style:page-layout style:name="pm"><style:page-layout-properties fo:page-width="21cm"
 fo:page-height="29.7cm" fo:margin="2cm"/>{areas}</style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm">
{page("header", header)}{page("footer", footer)}</style:master-page></office:master-styles>
<office:body><office:text>{tracked}{table(left, right)}{paragraph(drawn + kind)}
{paragraph(title, "T")}{''.join(map(paragraph, body))}{table(*foot)}</office:text></office:body>
</office:document>"""


PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"
FOOT = (
    ["Nơi nhận:<text:line-break/>- Các chi bộ,<text:line-break/>- Lưu<text:s/>VP."],
    ["T/M BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "Trần Văn Bình"],
)
SAMPLES = {
    "41-NQ-HU": flat(
        ["HUYỆN ỦY THANH BA", "*", "Số 41-NQ/HU"], [PARTY, "Thanh Ba, ngày 12 tháng 9 năm 2019"],
        "NGHỊ QUYẾT", "về phát triển kinh tế tập thể giai đoạn 2020 - 2025",
        ["Căn cứ Điều lệ Đảng, Ban Chấp hành Đảng bộ huyện quyết nghị một số nội dung.",
         "Các chi bộ có trách nhiệm thực hiện và báo cáo kết quả trước ngày 30 tháng 11."],
        FOOT, header="Trang mẫu của Văn phòng", footer="Chân trang 2019"),
    "118-KH-TU": flat(
        ["TỈNH ỦY HÒA BÌNH", "*", "Số 118-KH/TU"], [PARTY, "Hòa Bình, ngày 07 tháng 02 năm 2023"],
        "KẾ HOẠCH", "kiểm tra, giám sát năm 2023",
        ["Thực hiện chương trình công tác, Ban Thường vụ ban hành kế hoạch kiểm tra.",
         "Ủy ban Kiểm tra chủ trì, phối hợp với các ban đảng."],
        FOOT, capitals=True, drawn=box("HỎA TỐC"), note="Chú thích ở cuối trang.",
        deleted=" Câu này đã bị xóa khỏi văn bản."),
    "09-CT-HU": flat(
        [typed("huyện ủy Yên Lạc"), "*", typed("Số 09-CT/HU")],
        [typed("Đảng Cộng sản Việt Nam"), typed("Yên Lạc, ngày 15 tháng 3 năm 2006")],
        typed("chỉ thị"), typed("về phòng, chống dịch cúm gia cầm"),
        [typed("Ban Thường vụ Huyện ủy yêu cầu các cấp ủy thực hiện tốt những việc sau đây."),
         typed("Chỉ thị này phổ biến đến chi bộ.")],
        ([typed("Nơi nhận: các chi bộ")], [typed("Phó Bí thư"), typed("Trần Văn Bình")]),
        font=".VnTime"),
    "27-TB-DU": flat(
        ["ĐẢNG ỦY XÃ TÂN LẬP", "*", "Số 27-TB/ĐU"], [PARTY, "Tân Lập, ngày 20 tháng 5 năm 2022"],
        "THÔNG BÁO", "về lịch tiếp công dân quý III",
        ["Đảng ủy thông báo lịch tiếp công dân của các đồng chí trong Ban Thường vụ."],
        FOOT, drawn=picture()),
}

COMMENT = (
    '<office:annotation office:name="1"><dc:creator>A</dc:creator>'
    "<dc:date>2024-01-01T00:00:00</dc:date><text:p>MẬT</text:p></office:annotation>"
)


def keeps(**what):
    return flat(
        ["ĐẢNG ỦY XÃ TÂN LẬP", "*", "Số 30-BC/ĐU"], [PARTY, "Tân Lập, ngày 20 tháng 5 năm 2022"],
        "BÁO CÁO", "về kết quả công tác tháng 5",
        ["Đảng ủy báo cáo kết quả thực hiện nhiệm vụ của các chi bộ trong tháng.",
         "Các chi bộ tiếp tục giữ gìn bí mật công tác theo quy định."], FOOT, **what)


# Each keeps a mark that no page shows; the last keeps a word that is none.
KEEPING = {
    "deleted": keeps(deleted="MẬT"),
    "hidden": keeps(more='<text:span text:style-name="H">MẬT</text:span>'),
    "comment": keeps(more=COMMENT),
    "no-mark": keeps(more=' Giữ gìn bí <text:span text:style-name="H">mật</text:span> số.'),
}


def convert(samples, into, targets):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in samples.items():
            if not sys.argv[1:] or name in sys.argv[1:]:
                pathlib.Path(folder, f"{name}.fodt").write_text(text, encoding="utf-8")
        files = sorted(pathlib.Path(folder).glob("*.fodt"))
        for target in targets if files else []:
            subprocess.run(["soffice", "--headless", "--convert-to", target, "--outdir", into,
                            *files], check=True)


convert(SAMPLES, HERE, ["doc:MS Word 97", "odt", "rtf"])
convert(KEEPING, HERE / "hidden", ["docx", "doc:MS Word 97", "odt", "rtf"])
