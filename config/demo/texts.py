"""The sample documents of the demonstration: what stands in each, in words of our own.

Symbols, dates, issuers and titles of the central documents are those of the real public documents;
the bodies are summaries written for this software. The organisation's own documents are invented.
"""

from dataclasses import dataclass, field

CENTRAL = [
    "Các tỉnh uỷ, thành uỷ",
    "Các ban đảng, đảng đoàn, ban cán sự đảng, đảng uỷ trực thuộc Trung ương",
    "Các đảng uỷ đơn vị sự nghiệp Trung ương",
    "Các đồng chí Uỷ viên Ban Chấp hành Trung ương Đảng",
    "Lưu Văn phòng Trung ương Đảng",
]
OWN = [
    "Đảng uỷ cấp trên (để báo cáo)",
    "Các đồng chí Đảng uỷ viên",
    "Các chi bộ trực thuộc",
    "Lưu Đảng uỷ",
]


@dataclass
class Text:
    """One document as page 1 shows it; `body` lines that start with `# ` are headings."""

    file: str
    issuer: list[str]
    number: str
    dated: str
    kind: str
    title: str
    body: list[str]
    signed: list[str]
    deciding: list[str] = field(default_factory=list)
    mark: str | None = None
    notice: str | None = None
    recipients: list[str] = field(default_factory=lambda: OWN)


CT23 = Text(
    file="23-CT-TW_2018.pdf",
    issuer=["BAN CHẤP HÀNH TRUNG ƯƠNG"],
    number="Số 23-CT/TW",
    dated="Hà Nội, ngày 09 tháng 02 năm 2018",
    kind="CHỈ THỊ",
    deciding=["CỦA BAN BÍ THƯ"],
    title="về tiếp tục đổi mới, nâng cao chất lượng, hiệu quả học tập, nghiên cứu, vận dụng và "
    "phát triển chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh trong tình hình mới",
    recipients=CENTRAL,
    signed=["T/M BAN BÍ THƯ"],
    body=[
        "Việc học tập, nghiên cứu lý luận chính trị thời gian qua đã có nhiều chuyển biến: "
        "chương trình được rà soát, đội ngũ giảng viên được bồi dưỡng, nhiều công trình nghiên "
        "cứu có giá trị được công bố. Tuy nhiên, ở một số nơi, việc học còn hình thức, người học "
        "ngại đọc tác phẩm gốc, nội dung giảng dạy chậm gắn với những vấn đề mà thực tiễn đặt ra.",
        "Để khắc phục những hạn chế nêu trên, Ban Bí thư yêu cầu các cấp uỷ, tổ chức đảng thực "
        "hiện tốt một số nhiệm vụ sau:",
        "1. Nâng cao nhận thức của cấp uỷ, trước hết là người đứng đầu, về vai trò nền tảng của "
        "chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh; coi học tập lý luận là quyền lợi và trách "
        "nhiệm thường xuyên của mỗi cán bộ, đảng viên.",
        "2. Đổi mới nội dung, chương trình theo hướng thiết thực, phù hợp với từng đối tượng; bảo "
        "đảm sự liên thông giữa các cấp học, tránh trùng lặp, dàn trải.",
        "3. Đổi mới phương pháp dạy và học: kết hợp lý luận với thực tiễn, tăng thời gian trao "
        "đổi, thảo luận; khuyến khích người học nêu vấn đề và đề xuất cách giải quyết.",
        "4. Xây dựng đội ngũ giảng viên, báo cáo viên, cán bộ nghiên cứu vững vàng về chính trị, "
        "giỏi chuyên môn; có chính sách thu hút, đãi ngộ thoả đáng.",
        "5. Đẩy mạnh nghiên cứu, tổng kết thực tiễn, cung cấp cơ sở khoa học cho việc hoạch định "
        "đường lối; gắn nghiên cứu lý luận với đấu tranh phản bác các quan điểm sai trái.",
        "6. Ứng dụng công nghệ thông tin trong giảng dạy, học tập, tra cứu tài liệu lý luận; xây "
        "dựng kho tài liệu dùng chung, bảo đảm chính xác và dễ tiếp cận.",
        "# Tổ chức thực hiện",
        "Các cấp uỷ xây dựng kế hoạch thực hiện phù hợp với đặc điểm của địa phương, đơn vị; định "
        "kỳ kiểm tra, sơ kết, rút kinh nghiệm. Cơ quan tuyên giáo các cấp tham mưu, theo dõi, đôn "
        "đốc và báo cáo kết quả. Chỉ thị này được phổ biến đến chi bộ.",
    ],
)

NQ04 = Text(
    file="Nghị quyết Trung ương 4 khóa XII.pdf",
    issuer=["BAN CHẤP HÀNH TRUNG ƯƠNG"],
    number="Số 04-NQ/TW",
    dated="Hà Nội, ngày 30 tháng 10 năm 2016",
    kind="NGHỊ QUYẾT",
    deciding=["HỘI NGHỊ LẦN THỨ TƯ BAN CHẤP HÀNH TRUNG ƯƠNG ĐẢNG KHOÁ XII"],
    title="về tăng cường xây dựng, chỉnh đốn Đảng; ngăn chặn, đẩy lùi sự suy thoái về tư tưởng "
    'chính trị, đạo đức, lối sống, những biểu hiện "tự diễn biến", "tự chuyển hoá" trong nội bộ',
    recipients=CENTRAL,
    signed=["T/M BAN CHẤP HÀNH TRUNG ƯƠNG"],
    body=[
        "# I- TÌNH HÌNH VÀ NGUYÊN NHÂN",
        "Công tác xây dựng, chỉnh đốn Đảng được triển khai đồng bộ và đạt kết quả quan trọng: đa "
        "số cán bộ, đảng viên giữ vững lập trường, có ý thức phục vụ nhân dân. Bên cạnh đó, một bộ "
        "phận còn phai nhạt lý tưởng, ngại rèn luyện, nói chưa đi đôi với làm; ở một số tổ chức "
        "đảng, sinh hoạt còn đơn điệu, tự phê bình và phê bình còn nể nang.",
        "Nguyên nhân chủ yếu là bản thân một số cán bộ, đảng viên thiếu tu dưỡng; nguyên tắc tập "
        "trung dân chủ có nơi bị buông lỏng; công tác kiểm tra, giám sát chưa thường xuyên; việc "
        "đánh giá cán bộ chưa gắn với kết quả cụ thể.",
        "# II- MỤC TIÊU, QUAN ĐIỂM",
        "1. Kiên quyết ngăn chặn, đẩy lùi sự suy thoái; xây dựng đội ngũ cán bộ, đảng viên, nhất "
        "là cán bộ lãnh đạo, đủ năng lực, phẩm chất và uy tín.",
        '2. Kết hợp "xây" và "chống": xây là nhiệm vụ cơ bản, lâu dài; chống là nhiệm vụ quan '
        "trọng, cấp bách. Nói đi đôi với làm, làm từ trên xuống, trên làm gương cho dưới.",
        "3. Phát huy sức mạnh của cả hệ thống chính trị, dựa vào nhân dân để xây dựng Đảng; thực "
        "hiện kiên trì, thường xuyên, có trọng tâm, trọng điểm.",
        "# III- NHIỆM VỤ, GIẢI PHÁP",
        "1. Về công tác chính trị tư tưởng, tự phê bình và phê bình: nâng cao chất lượng học tập "
        "nghị quyết; người đứng đầu cấp uỷ trực tiếp truyền đạt; hằng năm mỗi đảng viên tự soi "
        "mình vào những biểu hiện đã được nhận diện và có kế hoạch khắc phục.",
        "2. Về cơ chế, chính sách: rà soát, hoàn thiện các quy định về trách nhiệm nêu gương, về "
        "kiểm soát quyền lực, về công khai, minh bạch trong công tác cán bộ và quản lý tài sản.",
        "3. Về kiểm tra, giám sát, kỷ luật đảng: tập trung vào lĩnh vực dễ phát sinh sai phạm; xử "
        "lý nghiêm, kịp thời, không có vùng cấm; bảo vệ người phản ánh đúng.",
        "4. Về phát huy vai trò của nhân dân, Mặt trận Tổ quốc và các tổ chức chính trị - xã hội: "
        "mở rộng đối thoại, tiếp thu ý kiến góp ý, trả lời rõ ràng, đúng hạn.",
        "# IV- TỔ CHỨC THỰC HIỆN",
        "Các cấp uỷ xây dựng kế hoạch, phân công rõ người, rõ việc, rõ thời hạn. Chi bộ đưa việc "
        "kiểm điểm theo Nghị quyết vào sinh hoạt thường kỳ. Cơ quan tham mưu theo dõi, đôn đốc và "
        "định kỳ báo cáo. Nghị quyết này được phổ biến đến chi bộ.",
    ],
)

CT05 = Text(
    file="05-CT-TW.docx",
    issuer=["BAN CHẤP HÀNH TRUNG ƯƠNG"],
    number="Số 05-CT/TW",
    dated="Hà Nội, ngày 15 tháng 5 năm 2016",
    kind="CHỈ THỊ",
    deciding=["CỦA BỘ CHÍNH TRỊ"],
    title="về đẩy mạnh học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    recipients=CENTRAL,
    signed=["T/M BỘ CHÍNH TRỊ"],
    body=[
        "Việc học tập và làm theo tấm gương đạo đức Hồ Chí Minh đã trở thành việc làm thường xuyên "
        "ở nhiều nơi, với nhiều cách làm hay. Tuy vậy, có nơi còn làm theo phong trào, chưa gắn "
        "với nhiệm vụ chính trị và việc giải quyết những vấn đề bức xúc ở cơ sở.",
        "Bộ Chính trị yêu cầu các cấp uỷ, tổ chức đảng tập trung thực hiện các nội dung sau:",
        "1. Tiếp tục làm cho toàn Đảng, toàn dân hiểu sâu sắc giá trị của tư tưởng, đạo đức, phong "
        "cách Hồ Chí Minh; coi đây là nội dung quan trọng của xây dựng Đảng.",
        "2. Gắn học tập và làm theo với thực hiện nhiệm vụ chính trị, với các phong trào thi đua "
        "và các cuộc vận động; mỗi cơ quan, đơn vị chọn việc cụ thể, thiết thực để làm.",
        "3. Đưa nội dung học tập vào sinh hoạt thường kỳ của chi bộ; hằng năm đảng viên đăng ký "
        "việc làm theo và tự đánh giá kết quả vào dịp kiểm điểm cuối năm.",
        "4. Đề cao trách nhiệm nêu gương của người đứng đầu; kịp thời biểu dương, nhân rộng điển "
        "hình; phê phán, chấn chỉnh những biểu hiện hình thức.",
        "Các cấp uỷ xây dựng kế hoạch, kiểm tra, sơ kết, tổng kết việc thực hiện. Chỉ thị này được "
        "phổ biến đến chi bộ.",
    ],
)

OFFICE = ["ĐẢNG BỘ CƠ QUAN TỔNG CỤC", "ĐẢNG UỶ CỤC CÔNG NGHỆ THÔNG TIN"]
SIGNED = ["T/M ĐẢNG UỶ", "BÍ THƯ"]

TB31 = Text(
    file="31-TB-ĐU.docx",
    issuer=OFFICE,
    number="Số 31-TB/ĐU",
    dated="Hà Nội, ngày 16 tháng 11 năm 2026",
    kind="THÔNG BÁO",
    title="về việc thay đổi địa điểm sinh hoạt chi bộ tháng 12 năm 2026",
    signed=SIGNED,
    mark="KHẨN",
    body=[
        "Do hội trường tầng 3 được sửa chữa hệ thống điện từ ngày 30/11/2026 đến hết ngày "
        "11/12/2026, Đảng uỷ thông báo thay đổi địa điểm sinh hoạt chi bộ tháng 12 như sau:",
        "1. Chi bộ Phòng Tổng hợp và Chi bộ Phòng Phát triển ứng dụng sinh hoạt tại phòng họp "
        "201; ba chi bộ còn lại sinh hoạt tại phòng họp 502.",
        "2. Thời gian sinh hoạt của các chi bộ giữ nguyên theo lịch đã đăng ký.",
        "3. Đề nghị các đồng chí bí thư chi bộ thông tin ngay đến toàn thể đảng viên và chuẩn bị "
        "tài liệu trước ngày 27/11/2026.",
        "Mọi vướng mắc, xin liên hệ Văn phòng Đảng uỷ, phòng 301.",
    ],
)

KH12 = Text(
    file="12-KH-ĐU.md",
    issuer=OFFICE,
    number="Số 12-KH/ĐU",
    dated="Hà Nội, ngày 06 tháng 11 năm 2026",
    kind="KẾ HOẠCH",
    title="tổ chức sinh hoạt chuyên đề quý IV năm 2026",
    signed=SIGNED,
    body=[
        "Thực hiện chương trình công tác năm 2026, Đảng uỷ xây dựng kế hoạch tổ chức sinh hoạt "
        "chuyên đề quý IV như sau:",
        "# I- MỤC ĐÍCH, YÊU CẦU",
        "1. Giúp cán bộ, đảng viên nắm vững nội dung chuyên đề và vận dụng vào công việc hằng ngày.",
        "2. Việc tổ chức bảo đảm thiết thực, đúng thời gian, tránh hình thức.",
        "# II- NỘI DUNG, THỜI GIAN",
        "1. Chuyên đề: chuyển đổi số trong công tác đảng và trách nhiệm nêu gương của đảng viên.",
        "2. Các chi bộ hoàn thành sinh hoạt chuyên đề trước ngày 18/12/2026.",
        "# III- TỔ CHỨC THỰC HIỆN",
        "1. Chi uỷ các chi bộ phân công người chuẩn bị nội dung, gợi ý thảo luận.",
        "2. Các chi bộ gửi báo cáo kết quả về Văn phòng Đảng uỷ trước ngày 25/12/2026.",
    ],
)

BC08 = Text(
    file="08-BC-ĐU.docx",
    issuer=OFFICE,
    number="Số 08-BC/ĐU",
    dated="Hà Nội, ngày 10 tháng 11 năm 2026",
    kind="BÁO CÁO",
    title="về việc chạy thử dấu chỉ độ mật trên văn bản giả định",
    signed=SIGNED,
    mark="MẬT",
    body=[
        "Văn bản này hoàn toàn là giả định và không chứa thông tin nào cần bảo vệ. Dấu chỉ độ mật "
        "ở trên chỉ để cho thấy phần mềm nhận ra dấu, không gửi, không sao và không lưu văn bản.",
        "Văn bản có độ mật thật không được soạn, lưu giữ trên máy tính nối mạng; khi nhận được "
        "thông báo của phần mềm, người quản trị đưa tệp ra khỏi máy theo đúng quy định.",
    ],
)

DRAFT = Text(
    file="Dự thảo kế hoạch kiểm tra.docx",
    issuer=OFFICE,
    number="Số      -KH/ĐU",
    dated="Hà Nội, ngày      tháng      năm 2026",
    kind="KẾ HOẠCH",
    title="kiểm tra, giám sát năm 2027",
    signed=SIGNED,
    notice="DỰ THẢO",
    body=[
        "Thực hiện nhiệm vụ kiểm tra, giám sát theo Điều lệ Đảng, Đảng uỷ dự kiến kế hoạch kiểm "
        "tra, giám sát năm 2027 như sau:",
        "1. Kiểm tra hai chi bộ về việc duy trì nền nếp và nâng cao chất lượng sinh hoạt.",
        "2. Giám sát chuyên đề đối với một chi bộ về công tác phát triển đảng viên.",
        "3. Thời gian thực hiện: từ quý II đến hết quý III năm 2027.",
        "Đề nghị các chi bộ góp ý bằng văn bản, gửi về Văn phòng Đảng uỷ.",
    ],
)

ALL = [CT23, NQ04, CT05, TB31, KH12, BC08, DRAFT]
CLOSING = "(Bản tóm lược nội dung để chạy thử phần mềm; không thay thế bản chính.)"
BRANCHES = [
    ("CB1", "Chi bộ Phòng Tổng hợp", "hop-thu@chi-bo-1.dangbo.example"),
    ("CB2", "Chi bộ Phòng Phát triển ứng dụng", "hop-thu@chi-bo-2.dangbo.example"),
    ("CB3", "Chi bộ Phòng Quản trị hệ thống", "hop-thu@chi-bo-3.dangbo.example"),
    ("CB4", "Chi bộ Phòng Hạ tầng và An toàn thông tin", "hop-thu@chi-bo-4.dangbo.example"),
    ("CB5", "Chi bộ Phòng Hỗ trợ người dùng", "hop-thu@chi-bo-5.dangbo.example"),
]
