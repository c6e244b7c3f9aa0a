#!/usr/bin/env python3
"""Makes the first inputs of a fuzz target from the samples of the tests, and from small ones made here.

Usage: fuzz/seeds.py TARGET FOLDER MAX    MAX is the largest input in bytes; larger samples stay out
"""
import hashlib
import pathlib
import re
import sys
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = [ROOT / "tests" / name for name in ("corpus", "extract", "pictures")]

ENDS = {
    "pdf": [".pdf"],
    "docx": [".docx", ".docm"],
    "odt": [".odt"],
    "rtf": [".rtf"],
    "doc": [".doc"],
    "html": [".html", ".htm"],
    "text": [".txt", ".md", ".csv"],
    "picture": [".png", ".jpg", ".jpeg", ".tif", ".tiff"],
}
# The order of parts is the order in the targets.
PARTS = {
    "docx": ["word/document.xml", "word/header1.xml", "word/footer1.xml", "word/footnotes.xml",
             "word/comments.xml", "word/styles.xml", "word/numbering.xml",
             "word/_rels/document.xml.rels"],
    "odt": ["content.xml", "styles.xml", "META-INF/manifest.xml", "meta.xml"],
}
PAGE = "BT /F 12 Tf 3 Tr 50 700 Td 14 TL (So 23-CT/TW) Tj T* [(ve) -300 <0041>] TJ 1 0 0 1 9 9 Tm ET"


def files(ends):
    for folder in SAMPLES:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix.lower() in ends:
                yield path


def headings():
    """Name and text of the samples of recognition."""
    text = (ROOT / "tests/recognise/samples.txt").read_text(encoding="utf-8")
    for sample in text.split("\n@ ")[1:]:
        head, _, body = sample.partition("\n--\n")
        yield head.splitlines()[0], body.replace("¦", "\t")


def small_pdf(content, *more):
    """A PDF without compression, whose every byte the fuzzer can see."""
    objects = "".join(f"{number} 0 obj\n{body}\nendobj\n" for number, body in enumerate(more, 6))
    return (f"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
            f"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
            f"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources"
            f"<</Font<</F 5 0 R>>/XObject<</X 6 0 R>> >> >>\nendobj\n"
            f"4 0 obj\n<</Length {len(content)}>>\nstream\n{content}\nendstream\nendobj\n"
            f"5 0 obj\n<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 7 0 R"
            f"/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/DW 500/W[1[500 600]]>>]>>\nendobj\n"
            f"{objects}trailer\n<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF\n").encode()


def pdfs():
    image = ("<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray"
             "/BitsPerComponent 8/Length 1>>\nstream\nx\nendstream")
    cmap = ("1 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfrange <0041><0043><1EAD>"
            " endbfrange 1 beginbfchar <0044><0042> endbfchar")
    unicode = f"<</Length {len(cmap)}>>\nstream\n{cmap}\nendstream"
    yield small_pdf(PAGE, image, unicode)
    yield small_pdf("q 120 0 0 40 60 740 cm /X Do Q " + PAGE, image, unicode)
    for kind in ("CCITTFaxDecode", "DCTDecode", "JBIG2Decode", "LZWDecode", "ASCII85Decode"):
        yield small_pdf(PAGE + " /X Do", image.replace("/Length", f"/Filter/{kind}/Length"), unicode)
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5>>\nstream\n/X Do\nendstream"
    yield small_pdf("/X Do " + PAGE, form, unicode, "<</S/JavaScript/JS(x)>>")


def unpacked(bytes_):
    """A PDF with its streams inflated; lengths become wrong, which readers must survive anyway."""
    def inflate(match):
        try:
            return b"stream\n" + zlib.decompress(match[1])[:4000] + b"\nendstream"
        except zlib.error:
            return match[0]
    plain = re.sub(rb"stream\r?\n(.*?)\r?\nendstream", inflate, bytes_, flags=re.S)
    return plain.replace(b"/FlateDecode", b"/None")


def parts(path, names):
    def start(package, name):
        # Never the whole: among the samples are some that grow without end.
        with package.open(name) as part:
            return part.read(16000)
    with zipfile.ZipFile(path) as package:
        there = set(package.namelist())
        texts = [start(package, name) if name in there else b"" for name in names]
    return b"\xff".join(texts)


def seeds(target):
    if target in ("recognise", "secrecy"):
        for name, text in headings():
            yield (name + "\n" if target == "recognise" else "\0\0").encode() + text.encode()
        for path in files(ENDS["text"]):
            yield b"\0\4" + path.read_bytes()
        return
    for path in files(ENDS[target]):
        data = path.read_bytes()
        yield data
        if target == "pdf":
            yield unpacked(data)
        if target in PARTS and zipfile.is_zipfile(path):
            yield parts(path, PARTS[target])
    if target == "pdf":
        yield from pdfs()
    if target in ("text", "html"):
        for _, text in headings():
            page = text if target == "text" else f"<html><body><p>{text}</p></body></html>"
            yield page.encode()
            if target == "text":
                yield page.encode("utf-16")
                yield page.encode("cp1258", "replace")


def main():
    target, folder, most = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for data in seeds(target):
        if 0 < len(data) <= most:
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
            count += 1
    print(f"{target}: {count} first inputs")


if __name__ == "__main__":
    main()
