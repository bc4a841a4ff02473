use super::*;
use crate::catalogue::Language;

fn filed_case(station: &Station) -> Page {
    let edits = [
        set("cause", "=HYPERLINK(\"x\")"),
        set("place", "锦华路,3号"),
        set("offence_at", at(9, 0)),
        set("party", "张三丰"),
        step("filed"),
    ];
    let mut paper = Paper::new(station, "case", 1, 1, at(9, 5), &edits);
    let why = Edit::Amend {
        reason: "案由有误".into(),
    };
    paper.edit(2, at(10, 0), &[set("cause", "占道经营"), why]);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(11, 0), &[set("place", "锦华路5号")]);
    paper.edit_at(&heads, 2, at(11, 1), &[set("place", "锦华路7号")]);
    let facts = PageFacts {
        offset: 480,
        numbers: vec![number("R3", 1, paper.id())],
        ..PageFacts::default()
    };
    page(
        &station.catalogue().books["R3"],
        &paper.lines(station),
        &facts,
    )
}

fn csv(page: &Page, language: Language) -> String {
    let mut out = Vec::new();
    write_csv(page, language, 480, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_csv_file_has_the_official_header_the_number_and_what_was_amended_or_is_in_conflict() {
    let page = filed_case(&default_station());
    let text = csv(&page, Language::Zh);
    assert!(text.starts_with("\u{feff}序号,案件编号,登记日期,"));
    assert!(text.contains(",更正,冲突,标记\r\n"));
    assert!(text.contains("锦城案〔2026〕第0001号"));
    assert!(text.contains(
        "案由：「=HYPERLINK(\"\"x\"\")」→「占道经营」（O0002，2026-05-11 10:00，案由有误）"
    ));
    assert!(text.contains("「锦华路5号」（O0001，01010101，2026-05-11 11:00）"));
    let english = csv(&page, Language::En);
    assert!(english.starts_with("\u{feff}No.,Case no.,Registered,"));
}

#[test]
fn a_formula_in_a_cell_is_written_as_text() {
    let station = default_station();
    let edits = [
        set("cause", "=cmd|' /C calc'!A0"),
        set("place", "x"),
        step("lead"),
    ];
    let paper = Paper::new(&station, "case", 1, 1, at(9, 5), &edits);
    let page = page(
        &station.catalogue().books["R3"],
        &paper.lines(&station),
        &PageFacts::default(),
    );
    assert!(csv(&page, Language::Zh).contains(",'=cmd|' /C calc'!A0,"));
}

#[test]
fn each_row_is_one_line_of_json_with_columns_marks_and_records() {
    let page = filed_case(&default_station());
    let mut out = Vec::new();
    write_jsonl(&page, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(line["number"], "锦城案〔2026〕第0001号");
    assert_eq!(line["columns"]["cause"]["text"], "占道经营");
    assert_eq!(line["records"][0], page.rows[0].records[0].to_string());
    assert_eq!(line["marks"][0]["amended"][0]["reason"], "案由有误");
    assert_eq!(line["marks"][0]["conflicts"][0]["path"], "place");
}

#[test]
fn a_sealed_page_reads_back_from_its_json() {
    let page = filed_case(&default_station());
    let json = serde_json::to_string(&page).unwrap();
    assert_eq!(serde_json::from_str::<Page>(&json).unwrap(), page);
}
