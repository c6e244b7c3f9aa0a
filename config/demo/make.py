#!/usr/bin/env python3
"""Writes the sample documents and the sample roster of `phobien demo` into its own folder.

Usage: config/demo/make.py [--check]

Words stand in texts.py and roster.csv; this file knows only layout and file formats. DOCX, XLSX
and Markdown come out the same on every run. The PDFs are printed by headless Chromium with the
font DejaVu Serif, which has every Vietnamese letter, so that no letter is borrowed from another
font and no word falls apart in the text layer; their bytes depend on the version of Chromium.
With --check nothing is written: the text layers on disk are read with pdftotext and compared.
"""

import argparse
import csv
import html
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
import texts  # noqa: E402

HERE = Path(__file__).resolve().parent
STAMP = (2026, 11, 16, 8, 0, 0)


def pack(path, parts):
    """A ZIP whose bytes depend on nothing but its parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)


# ---- DOCX ---------------------------------------------------------------------------------------

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
REL = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def run(text, bold=False, italic=False, size=28, red=False):
    marks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    marks += '<w:color w:val="FF0000"/>' if red else ""
    fonts = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
    return (
        f'<w:r><w:rPr>{fonts}{marks}<w:sz w:val="{size}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def paragraph(*runs, align="center", indent=False, after=0):
    first = '<w:ind w:firstLine="567"/>' if indent else ""
    return (
        f'<w:p><w:pPr><w:spacing w:after="{after}"/>{first}<w:jc w:val="{align}"/></w:pPr>'
        + "".join(runs)
        + "</w:p>"
    )


def box(text):
    """The stamp under the number: red capitals in a text box, as typists and stamps set it."""
    inner = paragraph(run(text, bold=True, red=True))
    return (
        '<w:r><w:pict><v:shape type="#_x0000_t202" strokecolor="red" strokeweight="1.5pt" '
        'style="position:absolute;margin-left:40pt;margin-top:4pt;width:110pt;height:26pt">'
        f'<v:textbox inset="1pt,1pt,1pt,1pt"><w:txbxContent>{inner}</w:txbxContent></v:textbox>'
        "</v:shape></w:pict></w:r>"
    )


def columns(left, right):
    cell = '<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{}"/></w:tcPr>{}</w:tc>'
    return (
        '<w:tbl><w:tblPr><w:tblW w:type="auto" w:w="0"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        '<w:tblGrid><w:gridCol w:w="4535"/><w:gridCol w:w="4535"/></w:tblGrid><w:tr>'
        + cell.format(4535, "".join(left))
        + cell.format(4535, "".join(right))
        + "</w:tr></w:tbl>"
    )


def docx(doc, path):
    left = [paragraph(run(line, size=26)) for line in doc.issuer[:-1]]
    left.append(paragraph(run(doc.issuer[-1], bold=True, size=26)))
    left += [paragraph(run("*")), paragraph(run(doc.number))]
    left.append(paragraph(box(doc.mark), after=600) if doc.mark else paragraph())
    right = [
        paragraph(run("ĐẢNG CỘNG SẢN VIỆT NAM", bold=True)),
        paragraph(run(doc.dated, italic=True, size=26)),
    ]
    if doc.notice:
        right.append(paragraph(run(doc.notice, bold=True)))
    body = [columns(left, right), paragraph(), paragraph(run(doc.kind, bold=True, size=32))]
    body += [paragraph(run(line, bold=True)) for line in doc.deciding]
    body += [paragraph(run(doc.title, bold=True)), paragraph(run("-----"), after=120)]
    for line in doc.body:
        if line.startswith("# "):
            body.append(paragraph(run(line[2:], bold=True), after=120))
        else:
            body.append(paragraph(run(line), align="both", indent=True, after=120))
    to = [paragraph(run("Nơi nhận:", size=24), align="left")]
    to += [paragraph(run(f"- {who},", size=24), align="left") for who in doc.recipients]
    sign = [paragraph(run(line, bold=True)) for line in doc.signed]
    body += [columns(to, sign), paragraph(run(texts.CLOSING, italic=True, size=22))]
    section = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    pack(path, docx_parts("".join(body) + section, doc))


def docx_parts(body, doc):
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{REL}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml">'
        f"<w:body>{body}</w:body></w:document>",
    }


# ---- Markdown -----------------------------------------------------------------------------------


def markdown(doc, path):
    left = [*doc.issuer, "\\*", doc.number]
    right = ["ĐẢNG CỘNG SẢN VIỆT NAM", "", doc.dated, ""]
    rows = [f"| {a} | {b} |" for a, b in zip(left, right, strict=True)]
    rows.insert(1, "|---|---|")
    lines = ["\n".join(rows), f"# {doc.kind}", f"**{doc.title}**", "-----"]
    lines += [f"## {line[2:]}" if line.startswith("# ") else line for line in doc.body]
    lines += ["**Nơi nhận:**", "\n".join(f"- {who}," for who in doc.recipients)]
    lines += [f"**{line}**" for line in doc.signed] + [texts.CLOSING]
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")


# ---- PDF ----------------------------------------------------------------------------------------

STYLE = """
@page { size: A4; margin: 20mm 20mm 20mm 30mm }
body { font: 11.5pt/1.45 'DejaVu Serif' } p { margin: 0 0 2.2mm; text-indent: 10mm }
table { width: 100%; border-collapse: collapse } td { width: 50%; vertical-align: top }
.head td, h1, h2, .center { text-align: center; text-indent: 0 }
h1 { font-size: 14pt; margin: 6mm 0 0 } h2 { font-size: 11.5pt; margin: 3mm 0 2mm }
.head { font-size: 9.5pt } .line { border-bottom: 0.3mm solid; padding-bottom: 0.5mm }
.foot td { padding-top: 5mm; font-size: 10pt } .foot td + td { text-align: center }
.close { text-align: center; font-style: italic; font-size: 9.5pt; text-indent: 0 }
"""


def page(doc):
    def text(line):
        return html.escape(line, quote=False)

    issuer = [text(line) for line in doc.issuer[:-1]] + [f"<b>{text(doc.issuer[-1])}</b>"]
    left = "<br>".join([*issuer, "*", text(doc.number)])
    right = f"<b class=line>ĐẢNG CỘNG SẢN VIỆT NAM</b><br><i>{text(doc.dated)}</i>"
    title = "<br>".join(f"<b>{text(line)}</b>" for line in [*doc.deciding, doc.title])
    body = "".join(
        f"<h2>{text(line[2:])}</h2>" if line.startswith("# ") else f"<p>{text(line)}</p>"
        for line in doc.body
    )
    to = "<br>".join(["<b>Nơi nhận:</b>"] + [f"- {text(who)}," for who in doc.recipients])
    return (
        f"<!doctype html><html lang=vi><meta charset=utf-8><title>{text(doc.kind)}</title>"
        f"<style>{STYLE}</style><table class=head><tr><td>{left}<td>{right}</table>"
        f"<h1>{text(doc.kind)}</h1><p class=center>{title}<br>-----</p>{body}"
        f"<table class=foot><tr><td>{to}<td><b>{'<br>'.join(doc.signed)}</b></table>"
        f"<p class=close>{text(texts.CLOSING)}</p>"
    )


def pdf(doc, path):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page(doc), encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
             f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        data = target.read_bytes()
    # The times of printing are the only bytes that change from run to run; same length, so the
    # cross-reference table stays true.
    stamp = b"D:20261116080000+00'00'"
    data = re.sub(rb"D:\d{14}[+-]\d\d'\d\d'", stamp, data)
    path.write_bytes(data)


# ---- roster -------------------------------------------------------------------------------------


def sheet(rows):
    def cell(column, row, value):
        at = f"{chr(ord('A') + column)}{row}"
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    lines = "".join(
        f'<row r="{n}">' + "".join(cell(c, n, v) for c, v in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'


def roster(path):
    with open(HERE / "roster.csv", encoding="utf-8", newline="") as file:
        members = list(csv.reader(file))
    sheets = {"Danh sách": members, "Chi bộ": [("ma", "ten", "hop_thu"), *texts.BRANCHES]}
    names = list(enumerate(sheets, 1))
    ml = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{ml}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{ml}.worksheet+xml"/>'
            for n, _ in names
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{REL}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(f'<sheet name="{s}" sheetId="{n}" r:id="rId{n}"/>' for n, s in names)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{REL}">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" '
            f'Target="worksheets/sheet{n}.xml"/>'
            for n, _ in names
        )
        + "</Relationships>",
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": sheet(sheets[name]) for n, name in names}
    pack(path, parts)


# ---- all together -------------------------------------------------------------------------------


def check(doc):
    """Every word of the document stands in the PDF's text layer, in NFC and in one piece."""
    path = HERE / doc.file
    layer = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", str(path), "-"], check=True, capture_output=True, text=True
    ).stdout
    if layer != unicodedata.normalize("NFC", layer):
        raise SystemExit(f"{doc.file}: the text layer is not NFC")
    flat = " ".join(layer.split())
    wanted = [*doc.issuer, doc.number, doc.dated, doc.kind, *doc.deciding, doc.title, texts.CLOSING]
    wanted += [line.removeprefix("# ") for line in doc.body]
    for line in wanted:
        if line not in flat and not split_by_page(line, flat):
            raise SystemExit(f"{doc.file}: not in the text layer: {line}")
    print(f"{doc.file}: {len(wanted)} lines found in the text layer")


def split_by_page(line, flat):
    """True if the words follow one another, a page break or column between two of them."""
    words = line.split()
    return any(
        " ".join(words[:cut]) in flat and " ".join(words[cut:]) in flat
        for cut in range(1, len(words))
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="only compare the PDFs' text layers")
    writers = {".pdf": pdf, ".docx": docx, ".md": markdown}
    if not options.parse_args().check:
        for doc in texts.ALL:
            assert unicodedata.is_normalized("NFC", repr(doc))
            writers[Path(doc.file).suffix](doc, HERE / doc.file)
        roster(HERE / "roster.xlsx")
    for doc in texts.ALL:
        if doc.file.endswith(".pdf"):
            check(doc)


if __name__ == "__main__":
    main()
