//! What of personal columns stands for those who may not see personal values.

use super::official::pages;
use super::*;

fn there(name: &str, side: &str, status: &str, reason: &str) -> Edit {
    let cells = [
        ("name", name),
        ("side", side),
        ("status", status),
        ("reason", reason),
    ];
    let cells = cells.into_iter().filter(|(_, value)| !value.is_empty());
    Edit::AddRow {
        field: "attendance".into(),
        cells: cells
            .map(|(cell, value)| (cell.to_owned(), Scalar::Str(value.to_owned())))
            .collect(),
    }
}

fn meeting(station: &Station) -> Paper {
    let edits = [
        set("title", "联席会"),
        set("meeting_kind", "M2"),
        set("starts_at", at(9, 0)),
        set("topics", "楼道堆物"),
        add("attendees", "O0001"),
        add("attendees", "O0002"),
        there("陈大文", "committee", "attended", ""),
        there("欧阳 娜", "property", "attended", ""),
        there("周小川", "resident", "absent", "住院"),
        step("held"),
    ];
    Paper::new(station, "meeting", 1, 1, at(9, 5), &edits)
}

#[test]
fn each_name_is_masked_by_itself_and_what_is_no_name_stays() {
    let station = default_station();
    let page = &pages(&station, &[meeting(&station)])["R2"];
    let whole = zh(page, 0, "present").to_owned();
    for said in ["王小明", "李雷", "陈大文", "居委会干部", "欧阳 娜"] {
        assert!(whole.contains(said), "{said} in {whole}");
    }
    let page = page.masked();
    let masked = zh(&page, 0, "present");
    let expected = whole.replace("陈大文", "陈**").replace("欧阳 娜", "欧**");
    assert_eq!(masked, expected);
    let absent = zh(&page, 0, "absent");
    assert!(
        absent.contains("周**") && absent.contains("居民代表"),
        "{absent}"
    );
    let json = serde_json::to_string(&page).unwrap();
    for secret in ["陈大文", "欧阳", "周小川", "住院"] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
}

#[test]
fn a_line_of_an_older_program_is_masked_whole_and_none_says_its_mask_to_other_programs() {
    let station = default_station();
    let paper = meeting(&station);
    let mut lines = paper.lines(&station);
    let book = &station.catalogue().books["R2"];
    let facts = PageFacts::default();
    let shown = page(book, &lines, &facts);
    let row = serde_json::to_string(&row_json(&shown, &shown.rows[0])).unwrap();
    assert!(row.contains("陈大文") && !row.contains("陈**"), "{row}");
    lines.iter_mut().for_each(|line| line.open.clear());
    let old = page(book, &lines, &facts).masked();
    assert_eq!(zh(&old, 0, "present"), "王**、李**；陈**；欧**");
}

#[test]
fn a_column_that_is_said_to_be_personal_is_masked_whole() {
    let default = Catalogue::embedded().files();
    let extends = Sources::from([("catalogue.toml".into(), "extends = \"default\"\n".into())]);
    let declared = "en = \"Matter\", personal = \"note\" }";
    let r4 = default["books/R4.toml"].replace("en = \"Matter\" }", declared);
    let station = station(overlay(&extends, &[("books/R4.toml", &r4)]));
    let edits = [
        set("received_at", at(9, 0)),
        set("matter", "楼道堆物"),
        set("place", "锦华苑3号楼"),
        set("category", "X07"),
        step("registered"),
    ];
    let paper = Paper::new(&station, "request", 1, 1, at(9, 5), &edits);
    let page = pages(&station, &[paper])["R4"].masked();
    assert_eq!(zh(&page, 0, "matter"), "****");
}

#[test]
fn lists_name_what_contradicts_itself_and_mask_what_is_personal() {
    let station = default_station();
    let mut paper = meeting(&station);
    let heads = paper.heads();
    let row = paper.view().rows.keys().next().unwrap().clone();
    let cell = |cell: &str, value: &str| Edit::Set {
        spot: Spot::Cell {
            row: row.clone(),
            cell: cell.into(),
        },
        value: Scalar::Str(value.into()),
    };
    paper.edit_at(
        &heads,
        1,
        at(10, 0),
        &[cell("name", "张三"), cell("side", "squad")],
    );
    paper.edit_at(
        &heads,
        2,
        at(10, 1),
        &[cell("name", "李四"), cell("side", "other")],
    );
    let mut found = conflicts(&paper.view(), &station);
    found.iter_mut().for_each(LineConflict::mask);
    let said: Vec<Vec<&str>> = found
        .iter()
        .map(|one| {
            one.values
                .iter()
                .map(|value| value.text.zh.as_str())
                .collect()
        })
        .collect();
    assert!(said.contains(&vec!["张**", "李**"]), "{said:?}");
    assert!(said.contains(&vec!["中队", "其他"]), "{said:?}");
}

#[test]
fn the_rows_of_a_day_stand_by_the_officers_codes_and_not_by_their_names() {
    let station = default_station();
    let duty = |officer: u8, n: u64| {
        let edits = [set("day", "2026-05-11"), set("arrived_at", at(8, 0))];
        Paper::new(&station, "duty_day", officer, n, at(9, 0), &edits)
    };
    let papers = [duty(3, 1), duty(1, 10), duty(2, 20)];
    let page = &pages(&station, &papers)["R1"];
    let officers = [0, 1, 2].map(|row| zh(page, row, "officer"));
    assert_eq!(officers, ["王小明", "李雷", "韩梅梅"]);
    let mut lines: Vec<Line> = papers.iter().flat_map(|one| one.lines(&station)).collect();
    lines.retain(|line| line.book == "R1");
    lines.sort_by(|a, b| a.sort.cmp(&b.sort));
    let codes: Vec<&str> = lines.iter().map(|line| line.officer.as_str()).collect();
    assert_eq!(codes, ["O0001", "O0002", "O0003"]);
}
