//! The eight first books: the official columns in the official order, each filled from records that
//! say all there is to say, and struck out where nobody said anything.

use std::collections::BTreeMap;

use super::*;
use crate::catalogue::{Field, FieldType};

/// The columns as the forms print them.
fn official(book: &str) -> &'static [&'static str] {
    match book {
        "R1" => &[
            "序号",
            "日期(星期、天气)",
            "值班/进驻人员",
            "到岗—离岗时间",
            "签到点签到情况",
            "驻点服务时长(分)",
            "巡查情况(路线/范围、时间)",
            "发现问题及类别",
            "现场处置(劝导/责令改正/立案/转办)",
            "接待来访来电(件)",
            "诉求编号",
            "案件编号",
            "宣传/会议/培训",
            "上报及交接事项",
            "备注",
            "记录人(签名、记录时间)",
            "审核人(签名、日期)",
        ],
        "R2" => &[
            "序号",
            "会议名称",
            "会议时间",
            "地点",
            "主持人(职务、姓名)",
            "出席人",
            "列席人",
            "缺席人(及原因)",
            "记录人(姓名、部门)",
            "议题/宗旨",
            "议程",
            "报告及发言要点",
            "讨论与意见",
            "表决情况",
            "决定与决议",
            "责任人",
            "完成时限",
            "遗留问题",
            "主持人签名",
            "记录人签名",
            "更正记录",
        ],
        "R3" => &[
            "序号",
            "案件编号",
            "登记日期",
            "案件来源",
            "案由",
            "违法时间地点",
            "当事人(姓名/名称)",
            "当事人类别",
            "联系方式",
            "承办人(执法证号)",
            "程序(简易/普通)",
            "级别(站点/中队/分管/主要领导)",
            "采取措施(责令改正/先行登记/查封扣押)",
            "处罚种类及金额(元)",
            "文书文号",
            "送达日期及方式",
            "履行情况及日期",
            "备案日期(当场处罚3日)",
            "立案日期",
            "决定日期(90日)",
            "结案日期",
            "归档号",
            "备注",
            "登记人",
            "审核人",
        ],
        "R4" => &[
            "序号/来信编号",
            "信访类型(来访/来电/12345/部门转入/网络/微信)",
            "接件时间",
            "信访人姓名(可匿名)",
            "性别",
            "联系电话",
            "住址",
            "诉求类别(咨询/求助/投诉/举报/建议)",
            "反映内容",
            "发生地点/小区楼栋",
            "是否属本单位职责",
            "接待方式(当场办理/转告受理/代行受理/告知路径/耐心解释)",
            "转办单位及接收人、时间",
            "办理时限",
            "处理情况(转办、现场处理、回访)",
            "办理结果",
            "答复时间及方式",
            "回访时间",
            "满意情况",
            "是否重复诉求(关联号)",
            "附件",
            "接待人",
            "审核人",
        ],
        "R5" => &[
            "序号",
            "日期",
            "起止时间",
            "巡查人",
            "陪同人员(居委/物业)",
            "区域/路线",
            "检查类别",
            "是否发现问题(零报告)",
            "问题编号",
            "现场处置",
            "照片数",
            "记录人",
        ],
        "R6" => &[
            "序号",
            "时间",
            "渠道",
            "来访人(可匿名)",
            "事由",
            "处理方式(当场办理/转告受理/代行受理/告知路径/耐心解释)",
            "答复内容",
            "转办/代办回执号",
            "接待人",
        ],
        "R7" => &[
            "日期",
            "人员",
            "签到时间/方式",
            "签退时间",
            "时长(分)",
            "是否达标(≥120分)",
            "服务人次",
            "居委确认签名",
        ],
        "R10" => &[
            "日期",
            "内容",
            "参加人数",
            "时长",
            "发放资料(份)",
            "收集意见(条)",
            "记录人",
        ],
        other => panic!("{other}"),
    }
}

const BOOKS: [&str; 8] = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R10"];

/// The steps of a record that went all the way.
fn steps(kind: &str) -> &'static [&'static str] {
    match kind {
        "case" => &[
            "lead",
            "filing_review",
            "filed",
            "notice_served",
            "decided",
            "served",
            "filed_with_agency",
            "performed",
            "closed",
        ],
        "duty_day" => &["open", "submitted"],
        "patrol" => &["started", "ended", "submitted"],
        "finding" => &["found", "ordered", "verified_fixed", "closed"],
        "reception" => &["received", "replied", "closed"],
        "request" => &[
            "received",
            "registered",
            "accepted",
            "handling",
            "replied",
            "callback",
            "closed",
        ],
        "resident_visit" => &["met", "closed"],
        "meeting" => &["held", "recorded", "signed"],
        "service_session" => &["signed_in", "signed_out", "confirmed"],
        "activity" => &["held", "recorded"],
        other => panic!("{other}"),
    }
}

const KINDS: [&str; 10] = [
    "case",
    "duty_day",
    "patrol",
    "finding",
    "reception",
    "request",
    "resident_visit",
    "meeting",
    "service_session",
    "activity",
];

/// A value for a field, the `n`th of its kind.
fn value(station: &Station, field: &Field, n: usize, id: &str) -> Scalar {
    let ends = ["ended", "ends", "out_", "left_", "until", "back"];
    let text = |text: &str| Scalar::Str(text.into());
    match field.ty {
        FieldType::Choice => {
            let codes = &station.catalogue().codes[field.codes.as_ref().unwrap()].codes;
            text(&codes[n % codes.len()].code)
        }
        FieldType::Boolean => Scalar::Bool(field.name != "anonymous"),
        FieldType::Integer | FieldType::Money | FieldType::Duration => Scalar::Int(3),
        FieldType::Decimal => text("1.5"),
        FieldType::Instant if ends.iter().any(|end| field.name.starts_with(end)) => {
            Scalar::Int(at(11, 30))
        }
        FieldType::Instant => Scalar::Int(at(9, 30)),
        FieldType::Date => text("2026-05-11"),
        FieldType::Time => text("09:30"),
        FieldType::Person => text(if n == 0 { "O0001" } else { "O0002" }),
        FieldType::Record => text(id),
        FieldType::Phone => text("13800131234"),
        FieldType::IdNumber => text("310000199001010012"),
        FieldType::Text | FieldType::LongText => text(&format!("{}甲", field.label.zh)),
        FieldType::CoText
        | FieldType::Point
        | FieldType::Track
        | FieldType::Evidence
        | FieldType::Table => Scalar::Null,
    }
}

fn full(station: &Station, kind: &str, n: u64, id: &str) -> Paper {
    let mut edits = Vec::new();
    for field in &station.catalogue().kinds[kind].fields {
        let name = field.name.clone();
        if field.is_rows() {
            for n in 0..3 {
                let cells = field.row_cells().iter();
                let cells = cells.map(|cell| (cell.name.clone(), value(station, cell, n, id)));
                edits.push(Edit::AddRow {
                    field: name.clone(),
                    cells: cells.collect(),
                });
            }
        } else if field.many {
            edits.extend((0..2).map(|n| Edit::Add {
                field: name.clone(),
                value: value(station, field, n, id),
            }));
        } else if field.ty == FieldType::CoText {
            edits.push(Edit::Splice {
                field: name,
                at: 0,
                delete: 0,
                insert: "大家同意。".into(),
            });
        } else if !matches!(field.ty, FieldType::Point | FieldType::Track) {
            edits.push(Edit::Set {
                value: value(station, field, 0, id),
                spot: Spot::Field(name),
            });
        }
    }
    edits.extend(steps(kind).iter().map(|to| step(to)));
    Paper::new(station, kind, 1, n, at(12, 0), &edits)
}

fn empty(station: &Station, kind: &str, n: u64) -> Paper {
    let first = steps(kind)[0];
    Paper::new(station, kind, 1, n, at(12, 0), &[step(first)])
}

fn pages(station: &Station, papers: &[Paper]) -> BTreeMap<&'static str, Page> {
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(station))
        .collect();
    let facts = PageFacts {
        period: Period::All,
        reviewer: Some(Said::same("韩梅梅")),
        ..day_facts()
    };
    let page_of = |book| (book, page(&station.catalogue().books[book], &lines, &facts));
    BOOKS.into_iter().map(page_of).collect()
}

#[test]
fn the_columns_are_the_official_ones_in_the_official_order() {
    for book in BOOKS {
        let columns = &Catalogue::embedded().books[book].columns;
        let labels: Vec<&str> = columns
            .iter()
            .map(|column| column.label.zh.as_str())
            .collect();
        assert_eq!(labels, official(book), "{book}");
        assert!(
            columns.iter().all(|column| !column.label.en.is_empty()),
            "{book}"
        );
    }
}

#[test]
fn every_column_of_the_eight_books_is_filled_in_both_languages_by_full_records() {
    let station = default_station();
    let mut papers: Vec<Paper> = Vec::new();
    for (n, kind) in (1..).zip(KINDS) {
        // A link needs a record to lead to: the newest, the patrol for a finding.
        let id = papers
            .last()
            .map_or(String::new(), |paper| paper.id().to_string());
        papers.push(full(&station, kind, n * 100, &id));
    }
    // 更正记录 is filled by a correction.
    papers[7].edit(1, at(13, 0), &[set("topics", "楼道堆物整治")]);
    let mut failures = Vec::new();
    for (book, page) in pages(&station, &papers) {
        for (at, column) in page.columns.iter().enumerate() {
            let filled = |row: &PageRow| {
                let cell = &row.cells[at];
                assert!(!cell.unreadable, "{book} {}", column.id);
                !cell.text.zh.is_empty() && !cell.text.en.is_empty()
            };
            if !page.rows.iter().any(filled) {
                failures.push(format!("{book} {}", column.label.zh));
            }
            let iso = |row: &PageRow| row.cells[at].text.zh.contains("2026-05-11");
            assert!(
                !page.rows.iter().any(iso),
                "{book} {} prints a date as a machine does",
                column.id
            );
        }
    }
    assert!(failures.is_empty(), "nothing stands in {failures:?}");
}

#[test]
fn an_empty_record_of_each_kind_leaves_its_boxes_to_be_struck_out() {
    let station = default_station();
    let papers: Vec<Paper> = (1..)
        .zip(KINDS)
        .map(|(n, kind)| empty(&station, kind, n * 100))
        .collect();
    for (book, page) in pages(&station, &papers) {
        for row in &page.rows {
            for (cell, column) in row.cells.iter().zip(&page.columns) {
                assert!(!cell.unreadable, "{book} {}", column.id);
                let text = &cell.text.zh;
                assert!(
                    !text.starts_with(['；', '、', '至', '—']),
                    "{book} {}: {text}",
                    column.id
                );
            }
        }
    }
}

#[test]
fn the_foot_of_the_duty_log_says_what_the_officers_say_of_the_day() {
    let station = default_station();
    let papers = [full(&station, "duty_day", 100, "")];
    let page = &pages(&station, &papers)["R1"];
    let said = &page.summary.as_ref().unwrap().said;
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].officer.as_str(), said[0].text.zh.as_str()),
        ("O0001", "本日小结甲")
    );
}

fn session(station: &Station, officer: u8, n: u64, from: i64, until: i64) -> Paper {
    let edits = [
        set("room", "锦华苑工作室"),
        set("in_at", from),
        set("in_method", "qr"),
        set("out_at", until),
        set("out_method", "qr"),
        step("signed_out"),
    ];
    Paper::new(station, "service_session", officer, n, until, &edits)
}

#[test]
fn t4_a_session_of_120_minutes_is_long_enough_and_two_officers_never_add_up() {
    let station = default_station();
    let papers = [
        session(&station, 1, 1, at(14, 0), at(16, 0)),
        session(&station, 1, 10, at(14, 5), at(16, 0)),
        session(&station, 2, 20, at(13, 0), at(14, 30)),
        session(&station, 3, 30, at(14, 0), at(15, 30)),
    ];
    let page = &pages(&station, &papers)["R7"];
    let mut told: Vec<(&str, &str)> = (0..4)
        .map(|row| (zh(page, row, "minutes"), zh(page, row, "met")))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [("115", "否"), ("120", "是"), ("90", "否"), ("90", "否")]
    );
}

#[test]
fn t7_a_repeat_is_linked_and_printed_with_the_number_of_the_first() {
    let station = default_station();
    let request = |n: u64, edits: &[Edit]| {
        let mut all = vec![
            set("received_at", at(9, 0)),
            set("matter", "楼道堆物"),
            set("place", "锦华苑3号楼"),
            set("category", "X07"),
        ];
        all.extend_from_slice(edits);
        all.push(step("registered"));
        Paper::new(&station, "request", 1, n, at(9, 5), &all)
    };
    let first = request(1, &[set("requester_key", "A"), step("received")]);
    let id = first.id().to_string();
    let same = request(
        10,
        &[set("requester_key", "A"), set("repeat_of", id.as_str())],
    );
    let anonymous = Edit::Set {
        spot: Spot::Field("anonymous".into()),
        value: Scalar::Bool(true),
    };
    let nobody = request(20, &[anonymous, set("repeat_of", id.as_str())]);
    let number = Number {
        text: "锦城诉〔2026〕第0001号".into(),
        ..number("R4", 1, first.id())
    };
    let lines: Vec<Line> = [&first, &same, &nobody]
        .iter()
        .flat_map(|paper| paper.lines(&station))
        .collect();
    let facts = PageFacts {
        numbers: vec![number],
        ..day_facts()
    };
    let page = page(&station.catalogue().books["R4"], &lines, &facts);
    assert_eq!(zh(&page, 0, "repeat"), "否");
    assert_eq!(zh(&page, 1, "repeat"), "是 锦城诉〔2026〕第0001号");
    assert_eq!(zh(&page, 2, "repeat"), "是 锦城诉〔2026〕第0001号");
    let mut requesters = [1, 2].map(|row| zh(&page, row, "requester"));
    requesters.sort_unstable();
    assert_eq!(requesters, ["", "匿名"]);
}

#[test]
fn t8_a_finding_closed_by_one_and_opened_again_by_another_is_contested_and_counts_as_open() {
    let station = default_station();
    let edits = [
        set("place", "锦华苑3号楼"),
        add("category", "X07"),
        set("first_observed", at(9, 0)),
        step("found"),
        step("verified_fixed"),
    ];
    let mut paper = Paper::new(&station, "finding", 1, 1, at(9, 1), &edits);
    let heads = paper.heads();
    let photo = |name: &str| Edit::AddRow {
        field: "evidence_after".into(),
        cells: vec![("name".into(), Scalar::Str(name.into()))],
    };
    paper.edit_at(&heads, 1, at(10, 2), &[photo("干净.jpg"), step("closed")]);
    paper.edit_at(
        &heads,
        2,
        at(10, 5),
        &[photo("又堆.jpg"), step("rectifying")],
    );
    let told = facts(&paper.view(), &station);
    assert_eq!(told.state, ["closed", "rectifying"], "neither wins");
    assert_eq!(told.conflicts, 1);
    let page = &pages(&station, std::slice::from_ref(&paper))["R1"];
    let conflict = &page.rows[0].marks[0].marks.conflicts[0];
    assert_eq!(conflict.path, "steps");
    let mut values: Vec<(&str, i64)> = conflict
        .values
        .iter()
        .map(|value| (value.by.as_str(), value.at))
        .collect();
    values.sort_unstable();
    assert_eq!(values, [("O0001", at(10, 2)), ("O0002", at(10, 5))]);
    paper.edit(3, at(11, 0), &[step("rectifying")]);
    assert_eq!(facts(&paper.view(), &station).state, ["rectifying"]);
}

#[test]
fn an_amended_personal_value_is_not_told_by_the_column_of_amendments() {
    let station = default_station();
    let mut paper = full(&station, "meeting", 100, "");
    let row = paper
        .view()
        .rows
        .keys()
        .find(|key| key.starts_with("attendance/"))
        .unwrap()
        .clone();
    let name = Edit::Set {
        spot: Spot::Cell {
            row,
            cell: "name".into(),
        },
        value: Scalar::Str("张三丰".into()),
    };
    paper.edit(1, at(13, 0), &[name]);
    let page = &pages(&station, std::slice::from_ref(&paper))["R2"];
    assert!(zh(page, 0, "amendments").contains("张三丰"));
    let masked = page.masked();
    assert!(!serde_json::to_string(&masked).unwrap().contains("张三丰"));
}
