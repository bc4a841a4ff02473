use super::*;

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

#[test]
fn a_row_in_json_has_its_columns_marks_and_records() {
    let page = filed_case(&default_station());
    assert_eq!(page.rows.len(), 1);
    let line = serde_json::Value::Object(row_json(&page, &page.rows[0]));
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
