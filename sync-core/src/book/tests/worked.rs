//! The worked examples of the field that a book shows: T4, T7, T8.

use super::official::pages;
use super::*;

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
    let page = page.masked();
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
fn a_record_tells_all_its_limits_also_those_that_no_column_shows() {
    let station = default_station();
    let edits = [
        set("cause", "占道经营"),
        set("offence_at", at(9, 0)),
        set("preserved_on", "2026-05-11"),
        step("lead"),
    ];
    let mut paper = Paper::new(&station, "case", 1, 1, at(9, 5), &edits);
    paper.edit(1, at(10, 0), &[step("filing_review"), step("filed")]);
    paper.edit(3, at(11, 0), &[step("suspended")]);
    let dues = dues(&paper.view(), &station);
    let told: Vec<(&str, String, bool)> = dues
        .iter()
        .map(|due| {
            let day = due.last_day(480).unwrap().to_string();
            (due.limit.as_str(), day, due.stopped.is_some())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("check_lead", "2026-06-01".to_owned(), false),
            ("decide", "2026-08-09".to_owned(), true),
            ("preservation", "2026-05-20".to_owned(), false),
        ]
    );
}
