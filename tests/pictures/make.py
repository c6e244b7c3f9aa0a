#!/usr/bin/env python3
"""Makes the pictures beside this file and their manifest: scans, image files, stamps and logos.

Usage: make.py      needs Pillow, reportlab and the DejaVu fonts; what it makes is committed
"""
import json
import pathlib

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

HERE = pathlib.Path(__file__).parent
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSerif"
DOTS = 200
BODY = (
    "Thực hiện chương trình công tác toàn khoá, trên cơ sở kết quả kiểm tra, giám sát và ý kiến của "
    "các chi bộ trực thuộc, cấp uỷ yêu cầu các chi bộ, đảng viên nghiêm túc quán triệt và tổ chức "
    "thực hiện những nội dung sau đây, định kỳ báo cáo kết quả về văn phòng để tổng hợp."
)
PARTY, STATE = "ĐẢNG CỘNG SẢN VIỆT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


class Paper:
    """A page of A4 in pixels."""

    def __init__(self, dots=DOTS):
        self.unit = dots / 72
        self.image = Image.new("L", (round(595 * self.unit), round(842 * self.unit)), 255)
        self.draw = ImageDraw.Draw(self.image)

    def font(self, size, bold):
        return ImageFont.truetype(FONTS + ("-Bold" if bold else "") + ".ttf", round(size * self.unit))

    def text(self, x, y, text, size=13, bold=False, anchor="ls"):
        place = (x * self.unit, y * self.unit)
        self.draw.text(place, text, 0, self.font(size, bold), anchor=anchor)

    def width(self, text, size, bold):
        return self.draw.textlength(text, self.font(size, bold)) / self.unit


class Sheet:
    """A page of A4 in a PDF with text."""

    def __init__(self, file):
        for name in ("Regular", "Bold"):
            pdfmetrics.registerFont(TTFont(name, FONTS + ("-Bold" if name == "Bold" else "") + ".ttf"))
        self.canvas = Canvas(str(HERE / file), pagesize=(595, 842), invariant=True)

    def text(self, x, y, text, size=13, bold=False, anchor="ls"):
        self.canvas.setFont("Bold" if bold else "Regular", size)
        draw = self.canvas.drawCentredString if anchor == "ms" else self.canvas.drawString
        draw(x, 842 - y, text)

    def width(self, text, size, bold):
        return pdfmetrics.stringWidth(text, "Bold" if bold else "Regular", size)

    def picture(self, image, x, y, width):
        height = width * image.height / image.width
        self.canvas.drawImage(ImageReader(image), x, 842 - y - height, width, height, mask="auto")


def paragraph(page, y, text, size=11.5, left=80, right=530):
    line = ""
    for word in text.split() + [None]:
        if word is None or page.width(f"{line} {word}", size, False) > right - left:
            page.text(left, y, line.strip(), size)
            y, line = y + size * 1.5, ""
        line += f" {word}"
    return y


def first(page, doc, stamp=None):
    state = doc.get("state")
    page.text(160, 62, doc["above"], 10.5, anchor="ms")
    page.text(160, 79, doc["body"], 10.5, True, "ms")
    page.text(160, 96, "*" if not state else "_______", 12, anchor="ms")
    page.text(160, 114, ("Số: " if state else "Số ") + doc["symbol"], 13, anchor="ms")
    page.text(425, 62, STATE if state else PARTY, 8.5 if state else 10.5, True, "ms")
    if state:
        page.text(425, 79, "Độc lập - Tự do - Hạnh phúc", 10.5, True, "ms")
    day, month, year = doc["date"]
    page.text(415, 114, f"{doc['place']}, ngày {day:02} tháng {month:02} năm {year}", 11, anchor="ms")
    if stamp:
        page.text(160, 146, stamp, 15, True, "ms")
    page.text(297, 180, doc["type"].upper(), 15, True, "ms")
    y = 200
    for line in doc["title"]:
        page.text(297, y, line, 12.5, True, "ms")
        y += 18
    page.text(297, y, "-----", 13, anchor="ms")
    y = paragraph(page, y + 30, BODY)
    for number in range(1, 5):
        y = paragraph(page, y + 6, f"{number}. {BODY}")
    page.text(415, y + 30, doc["sign"], 13, True, "ms")


def second(page):
    y = 80
    for number in range(5, 11):
        y = paragraph(page, y + 6, f"{number}. {BODY}")


def scan(doc, stamp=None, dots=DOTS):
    page = Paper(dots)
    first(page, doc, stamp)
    return page.image.rotate(0.4, fillcolor=255, resample=Image.BICUBIC)


def bits(image):
    return image.point(lambda grey: 255 * (grey > 150)).convert("1")


def stamp(text, turn, colour=(200, 20, 30)):
    """A boxed stamp on nothing."""
    font = ImageFont.truetype(FONTS + "-Bold.ttf", 90)
    box = [round(n) for n in font.getbbox(text)]
    image = Image.new("RGBA", (box[2] + 80, box[3] + 70), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((6, 6, image.width - 7, image.height - 7), outline=colour, width=7)
    draw.text((40, 25), text, colour, font)
    return image.rotate(turn, expand=True, resample=Image.BICUBIC)


def logo():
    image = Image.new("RGB", (520, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 40, 140, 160), fill=(190, 30, 40))
    font = ImageFont.truetype(FONTS + "-Bold.ttf", 44)
    draw.text((165, 50), "ĐẢNG BỘ SỞ Y TẾ", (20, 60, 140), font)
    draw.text((165, 110), "Đoàn kết - Kỷ cương", (20, 60, 140), font.font_variant(size=36))
    return image


DOCS = []


def sample(file, form, disposition, reason, doc, secrecy=None):
    secret = secrecy is not None
    day, month, year = doc["date"]
    fact = lambda value: None if secret else value
    DOCS.append({
        "file": file, "format": form, "disposition": disposition, "reason": reason,
        "symbol": fact(doc["symbol"]), "type": fact(doc["type"]), "issuer": fact(doc["issuer"]),
        "issued_on": fact(f"{year}-{month:02}-{day:02}"), "title": fact(" ".join(doc["title"])),
        "urgency": None, "secrecy": secrecy,
    })
    return HERE / file


def document(symbol, kind, above, body, issuer, place, date, title, sign, state=False):
    return {"symbol": symbol, "type": kind, "above": above, "body": body, "issuer": issuer,
            "place": place, "date": date, "title": title, "sign": sign, "state": state}


def main():
    plan = document("45-KH/TU", "Kế hoạch", "ĐẢNG BỘ TỈNH HOÀ BÌNH", "TỈNH UỶ", "Tỉnh uỷ",
                    "Hoà Bình", (17, 3, 2022), ["về kiểm tra, giám sát tổ chức đảng năm 2022"],
                    "T/M BAN THƯỜNG VỤ")
    pages = [bits(scan(plan))]
    extra = Paper()
    second(extra)
    pages.append(bits(extra.image))
    pages[0].save(sample("45-KH-TU.pdf", "pdf-scan", "review", "no_text_layer", plan), resolution=DOTS,
                  save_all=True, append_images=pages[1:])

    decision = document("1287/QĐ-UBND", "Quyết định", "UỶ BAN NHÂN DÂN", "TỈNH NAM ĐỊNH",
                        "Uỷ ban nhân dân tỉnh Nam Định", "Nam Định", (9, 11, 2021),
                        ["về việc ban hành Quy chế tiếp công dân", "tại trụ sở cơ quan"], "TM. UỶ BAN NHÂN DÂN", True)
    pages = [bits(scan(decision)), pages[1]]
    pages[0].save(sample("1287-QD-UBND.tif", "tiff", "review", "no_text_layer", decision), compression="group4",
                  dpi=(DOTS, DOTS), save_all=True, append_images=pages[1:])

    notice = document("88-TB/HU", "Thông báo", "ĐẢNG BỘ TỈNH THÁI BÌNH", "HUYỆN UỶ TIỀN HẢI", "Huyện uỷ Tiền Hải",
                      "Tiền Hải", (4, 8, 2023), ["kết luận của đồng chí Bí thư Huyện uỷ", "tại hội nghị giao ban tháng 7"],
                      "T/L BAN THƯỜNG VỤ")
    scan(notice, dots=150).save(sample("anh chup 88.jpg", "jpeg", "review", "no_text_layer", notice), quality=35)

    guide = document("31-HD/BTCTU", "Hướng dẫn", "TỈNH UỶ QUẢNG NGÃI", "BAN TỔ CHỨC", "Ban Tổ chức",
                     "Quảng Ngãi", (21, 12, 2020), ["một số nội dung về công tác đảng viên"], "TRƯỞNG BAN")
    scan(guide).quantize(4).save(sample("31-HD-BTCTU.png", "png", "review", "no_text_layer", guide), optimize=True)

    report = document("107-BC/ĐU", "Báo cáo", "ĐẢNG BỘ SỞ Y TẾ", "ĐẢNG UỶ", "Đảng uỷ", "Huế", (2, 6, 2019),
                      ["kết quả thực hiện nhiệm vụ quý II"], "T/M ĐẢNG UỶ")
    bits(scan(report, "MẬT")).save(sample("107-BC-DU.pdf", "pdf-scan", "quarantine", "secret", report, "Mật"), resolution=DOTS)
    bits(scan(report, "TỐI MẬT", 150)).save(sample("ban quet 108.png", "png", "quarantine", "secret", report, "Tối mật"), optimize=True)

    secrets = document("12-QĐ/ĐU", "Quyết định", "ĐẢNG BỘ SỞ Y TẾ", "ĐẢNG UỶ", "Đảng uỷ", "Huế", (5, 4, 2021),
                       ["ban hành Quy chế bảo vệ bí mật nhà nước"], "T/M ĐẢNG UỶ")
    bits(scan(secrets)).save(sample("12-QD-DU quy che.pdf", "pdf-scan", "review", "no_text_layer", secrets), resolution=DOTS)

    for file, symbol, words, turn, mark in [
        ("64-KL-DU.pdf", "64-KL/ĐU", "MẬT", 0, "Mật"),
        ("65-KL-DU.pdf", "65-KL/ĐU", "TUYỆT MẬT", 7, "Tuyệt mật"),
        ("66-KL-DU.pdf", "66-KL/ĐU", None, 0, None),
    ]:
        doc = document(symbol, "Kết luận", "ĐẢNG BỘ SỞ Y TẾ", "ĐẢNG UỶ", "Đảng uỷ", "Huế", (15, 9, 2020),
                       ["về công tác cán bộ năm 2020"], "T/M ĐẢNG UỶ")
        judged = ("quarantine", "secret") if mark else ("accept", None)
        sheet = Sheet(sample(file, "pdf-text", *judged, doc, mark).name)
        first(sheet, doc)
        sheet.picture(stamp(words, turn) if words else logo(), 100, 125 if words else 5, 90)
        sheet.canvas.save()

    red = document("73-CV/ĐU", "Công văn", "ĐẢNG BỘ SỞ Y TẾ", "ĐẢNG UỶ", "Đảng uỷ", "Huế", (23, 1, 2018),
                   ["về đăng ký học tập chuyên đề"], "T/M ĐẢNG UỶ")
    image = scan(red, dots=150).convert("RGB")
    seal = stamp("TỐI MẬT", 5, (225, 90, 90)).resize((200, 95))
    image.paste(seal, (250, 275), seal)
    image.save(sample("con dau do 73.jpg", "jpeg", "quarantine", "secret", red, "Tối mật"), quality=40)

    framed = document("19-TB/ĐU", "Thông báo", "ĐẢNG BỘ SỞ Y TẾ", "ĐẢNG UỶ", "Đảng uỷ", "Huế", (11, 10, 2022),
                      ["kết luận hội nghị tháng 9"], "T/M ĐẢNG UỶ")
    image = scan(framed, dots=150).convert("RGB")
    seal = stamp("MẬT", -11, (40, 40, 110)).resize((170, 110))
    image.paste(seal, (215, 250), seal)
    bits(image.convert("L")).save(sample("19-TB-DU dong khung.pdf", "pdf-scan", "quarantine", "secret", framed, "Mật"),
                                  resolution=150)

    text = json.dumps({"schema": 1, "set": "pictures", "documents": DOCS}, ensure_ascii=False, indent=1)
    (HERE / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
