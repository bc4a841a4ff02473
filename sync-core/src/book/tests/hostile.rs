use super::*;
use crate::catalogue::PageBy;

fn on_the_default() -> Sources {
    Sources::from([("catalogue.toml".into(), "extends = \"default\"\n".into())])
}

#[test]
fn a_kind_that_nobody_knows_here_is_listed_under_its_id_and_feeds_no_book() {
    let newer = overlay(
        &on_the_default(),
        &[(
            "kinds/drone_flight.toml",
            "kind = \"drone_flight\"\nzh = \"航拍\"\nen = \"Drone flight\"\ncreate = [\"member\"]\nfields = [{ name = \"route\", type = \"text\", zh = \"航线\", en = \"Route\" }]\n",
        )],
    );
    let paper = Paper::new(
        &station(newer),
        "drone_flight",
        1,
        1,
        at(9, 0),
        &[set("route", "A")],
    );
    let old = default_station();
    let facts = facts(&paper.view(), &old);
    assert!(facts.unknown);
    assert_eq!(facts.title, paper.id().to_string());
    assert_eq!(facts.day.as_deref(), Some("2026-05-11"));
    assert_eq!(paper.lines(&old), []);
}

#[test]
fn a_field_that_nobody_knows_here_marks_the_line() {
    let station = default_station();
    let mut paper = Paper::new(
        &station,
        "patrol",
        1,
        1,
        at(9, 0),
        &[set("route", "锦华苑")],
    );
    assert!(!paper.lines(&station)[0].marks.unknown);
    paper.edit(1, at(9, 1), &[set("altitude", 12)]);
    assert!(paper.lines(&station)[0].marks.unknown);
}

const BOOK: &str = r##"
book = "R9"
zh = "算"
en = "Sums"
page = "day"
row = ["day", "officer"]
review = ["squad_leader"]
columns = [
  "#",
  { id = "less", zh = "少一", en = "Less", fold = "sum" },
  { id = "weather", zh = "天气", en = "Weather", fold = "list" },
  { id = "left", zh = "时间", en = "Left", fold = "span" },
]
[[source]]
kind = "duty_day"
cells.less = "f.left_at - 1 if f.left_at else 0"
cells.weather = "f.weather"
cells.left = "[f.arrived_at, f.left_at]"
"##;

#[test]
fn an_expression_that_fails_leaves_a_mark_and_the_line_stays() {
    let station = station(overlay(&on_the_default(), &[("books/R9.toml", BOOK)]));
    let edits = [
        set("day", "2026-05-11"),
        set("weather", "晴"),
        set("left_at", "下午"),
    ];
    let paper = Paper::new(&station, "duty_day", 1, 1, at(17, 0), &edits);
    let lines = paper.lines(&station);
    let line = lines.iter().find(|line| line.book == "R9").unwrap();
    assert_eq!(line.cells["less"], LineCell::Unreadable);
    assert_eq!(line.marks.unreadable, ["less"]);
    assert_eq!(line.cells["left"], LineCell::Text(Said::same("下午")));
    let page = page(&station.catalogue().books["R9"], &lines, &day_facts());
    assert!(cell(&page, 0, "less").unreadable);
    assert_eq!(zh(&page, 0, "weather"), "晴");
    assert_eq!(zh(&page, 0, "left"), "下午");
}

#[test]
fn a_record_of_a_day_outside_the_calendar_stands_on_the_day_it_was_recorded() {
    let station = default_station();
    for happened in [
        i64::MAX,
        i64::MIN,
        253_402_300_799_999,
        -999_999_999_999_999,
    ] {
        let edits = [set("route", "锦华苑"), set("started_at", happened)];
        let paper = Paper::new(&station, "patrol", 1, 1, at(9, 0), &edits);
        let lines = paper.lines(&station);
        assert!(lines[0].day.is_some());
        let json = serde_json::to_string(&lines).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Line>>(&json).unwrap(), lines);
        page(&station.catalogue().books["R1"], &lines, &day_facts());
        facts(&paper.view(), &station);
    }
}

#[test]
fn a_patrol_that_names_nobody_is_its_authors() {
    let station = default_station();
    let paper = Paper::new(
        &station,
        "patrol",
        2,
        1,
        at(9, 0),
        &[set("route", "锦华苑")],
    );
    let lines = paper.lines(&station);
    let own = |book: &str| lines.iter().find(|line| line.book == book).unwrap();
    assert_eq!(lines.len(), 3);
    assert_eq!(own("M").officer, "O0002");
    assert_eq!(
        (own("R1").officer.as_str(), own("R1").row_key.as_str()),
        ("O0002", "2026-05-11|O0002")
    );
    assert_eq!(own("R5").row_key, paper.id().to_string());
}

#[test]
fn the_page_of_a_book_takes_no_lines_of_another() {
    let station = default_station();
    let paper = Paper::new(
        &station,
        "patrol",
        2,
        1,
        at(9, 0),
        &[set("route", "锦华苑")],
    );
    let register = &station.catalogue().books["R3"];
    assert_eq!(register.page, PageBy::Sequence);
    assert_eq!(
        page(register, &paper.lines(&station), &day_facts()).rows,
        []
    );
}

#[test]
fn a_contested_state_is_told_with_every_step() {
    let station = default_station();
    let edits = [
        set("place", "锦华苑"),
        set("first_observed", at(9, 0)),
        step("found"),
    ];
    let mut paper = Paper::new(&station, "finding", 1, 1, at(9, 0), &edits);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(10, 0), &[step("persuaded")]);
    paper.edit_at(&heads, 2, at(10, 1), &[step("ordered")]);
    assert_eq!(
        facts(&paper.view(), &station).state,
        ["ordered", "persuaded"]
    );
    let conflict = &paper.lines(&station)[0].marks.conflicts[0];
    let mut states: Vec<&str> = conflict
        .values
        .iter()
        .map(|value| value.text.zh.as_str())
        .collect();
    states.sort_unstable();
    assert_eq!(
        (conflict.path.as_str(), states),
        ("steps", vec!["已劝导", "责令改正"])
    );
}

#[test]
fn minutes_changed_after_the_first_change_show_what_stood_there() {
    let station = workload::station_of_the_workload();
    let splice = |delete, insert: &str| Edit::Splice {
        field: "text".into(),
        at: 0,
        delete,
        insert: insert.into(),
    };
    let mut paper = Paper::new(
        &station,
        "meeting",
        1,
        1,
        at(9, 0),
        &[set("title", "例会"), splice(0, "议题一")],
    );
    let before = paper.view();
    paper.edit(1, at(9, 5), &[splice(2, "决定")]);
    let view = paper.view();
    assert_eq!(view.texts["text"].text, "决定一");
    let then = view.within(|change| change == 0);
    assert_eq!(then.texts["text"].text, "议题一");
    assert_eq!(then.fields, before.fields);
    assert!(facts(&view, &station).amended);
}
